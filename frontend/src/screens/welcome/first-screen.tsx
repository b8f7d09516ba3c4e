import { ChatScreen } from "@/screens/chat/chat-screen";
import { useSettings } from "@/screens/settings/use-settings";
import { WelcomeScreen } from "./welcome-screen";

/** FirstScreen is where the window opens: the first-run page until that was seen, then a new chat. */
export function FirstScreen() {
  const { settings, problem } = useSettings();
  if (!settings && !problem) return <main className="grow" />;
  return settings && !settings.welcomed ? <WelcomeScreen /> : <ChatScreen />;
}
