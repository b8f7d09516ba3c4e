import { createHashHistory, createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { Frame } from "./frame/frame";
import { ChatScreen } from "./screens/chat/chat-screen";

const root = createRootRoute({ component: Frame, notFoundComponent: ChatScreen });
const newChat = createRoute({ getParentRoute: () => root, path: "/", component: ChatScreen });
const chat = createRoute({ getParentRoute: () => root, path: "/chats/$chat", component: ChatScreen });

/** newRouter keeps the place in the hash: every page of the window is one file. */
export function newRouter() {
  return createRouter({ routeTree: root.addChildren([newChat, chat]), history: createHashHistory() });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
