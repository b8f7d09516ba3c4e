import { createHashHistory, Outlet, createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Frame } from "./frame/frame";
import { ChatScreen } from "./screens/chat/chat-screen";
import { PanelScreen } from "./screens/panel/panel-screen";
import { FirstScreen } from "./screens/welcome/first-screen";

// What most people open seldom is loaded when it is opened.
const tuning = () => import("./screens/tune");

const root = createRootRoute({ component: Outlet, notFoundComponent: ChatScreen });
const panel = createRoute({ getParentRoute: () => root, path: "/panel/$shot", component: PanelScreen });
const frame = createRoute({ getParentRoute: () => root, id: "frame", component: Frame });
const newChat = createRoute({ getParentRoute: () => frame, path: "/", component: FirstScreen });
const chat = createRoute({ getParentRoute: () => frame, path: "/chats/$chat", component: ChatScreen });
const settings = createRoute({ getParentRoute: () => frame, path: "/settings", component: lazyRouteComponent(() => import("./screens/settings/settings-screen"), "SettingsScreen") });
const privacy = createRoute({ getParentRoute: () => frame, path: "/settings/privacy", component: lazyRouteComponent(() => import("./screens/settings/privacy-screen"), "PrivacyScreen") });
const models = createRoute({ getParentRoute: () => frame, path: "/models", component: lazyRouteComponent(() => import("./screens/models/models-screen"), "ModelsScreen") });
const tune = createRoute({ getParentRoute: () => frame, path: "/tune", component: lazyRouteComponent(tuning, "TuneScreen") });
const pictures = createRoute({ getParentRoute: () => frame, path: "/tune/pictures", component: lazyRouteComponent(tuning, "PicturesScreen") });
const goal = createRoute({ getParentRoute: () => frame, path: "/tune/goal", component: lazyRouteComponent(tuning, "GoalScreen") });
const train = createRoute({
  getParentRoute: () => frame,
  path: "/tune/runs/$run/train",
  component: lazyRouteComponent(tuning, "TrainScreen"),
});
const compare = createRoute({
  getParentRoute: () => frame,
  path: "/tune/runs/$run/compare",
  component: lazyRouteComponent(tuning, "CompareScreen"),
});
const keep = createRoute({ getParentRoute: () => frame, path: "/tune/runs/$run/keep", component: lazyRouteComponent(tuning, "KeepScreen") });

/** newRouter keeps the place in the hash: every page of the window is one file. */
export function newRouter() {
  return createRouter({ routeTree: root.addChildren([panel, frame.addChildren([newChat, chat, models, settings, privacy, tune, pictures, goal, train, compare, keep])]), history: createHashHistory() });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
