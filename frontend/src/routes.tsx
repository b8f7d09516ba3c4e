import { createHashHistory, Outlet, createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { Frame } from "./frame/frame";
import { ChatScreen } from "./screens/chat/chat-screen";
import { ModelsScreen } from "./screens/models/models-screen";
import { PrivacyScreen } from "./screens/settings/privacy-screen";
import { SettingsScreen } from "./screens/settings/settings-screen";
import { PanelScreen } from "./screens/panel/panel-screen";
import { GoalScreen } from "./screens/tune/goal-screen";
import { PicturesScreen } from "./screens/tune/pictures-screen";
import { RunScreen } from "./screens/tune/run-screen";
import { TuneScreen } from "./screens/tune/tune-screen";

const root = createRootRoute({ component: Outlet, notFoundComponent: ChatScreen });
const panel = createRoute({ getParentRoute: () => root, path: "/panel/$shot", component: PanelScreen });
const frame = createRoute({ getParentRoute: () => root, id: "frame", component: Frame });
const newChat = createRoute({ getParentRoute: () => frame, path: "/", component: ChatScreen });
const chat = createRoute({ getParentRoute: () => frame, path: "/chats/$chat", component: ChatScreen });
const settings = createRoute({ getParentRoute: () => frame, path: "/settings", component: SettingsScreen });
const privacy = createRoute({ getParentRoute: () => frame, path: "/settings/privacy", component: PrivacyScreen });
const models = createRoute({ getParentRoute: () => frame, path: "/models", component: ModelsScreen });
const tune = createRoute({ getParentRoute: () => frame, path: "/tune", component: TuneScreen });
const pictures = createRoute({ getParentRoute: () => frame, path: "/tune/pictures", component: PicturesScreen });
const goal = createRoute({ getParentRoute: () => frame, path: "/tune/goal", component: GoalScreen });
const train = createRoute({
  getParentRoute: () => frame,
  path: "/tune/runs/$run/train",
  component: () => <RunScreen step="Train" />,
});
const compare = createRoute({
  getParentRoute: () => frame,
  path: "/tune/runs/$run/compare",
  component: () => <RunScreen step="Compare" />,
});
const keep = createRoute({ getParentRoute: () => frame, path: "/tune/runs/$run/keep", component: () => <RunScreen step="Keep" /> });

/** newRouter keeps the place in the hash: every page of the window is one file. */
export function newRouter() {
  return createRouter({ routeTree: root.addChildren([panel, frame.addChildren([newChat, chat, models, settings, privacy, tune, pictures, goal, train, compare, keep])]), history: createHashHistory() });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
