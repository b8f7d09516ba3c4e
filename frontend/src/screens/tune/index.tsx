import { RunScreen } from "./run-screen";

export { GoalScreen } from "./goal-screen";
export { PicturesScreen } from "./pictures-screen";
export { TuneScreen } from "./tune-screen";

export const TrainScreen = () => <RunScreen step="Train" />;
export const CompareScreen = () => <RunScreen step="Compare" />;
export const KeepScreen = () => <RunScreen step="Keep" />;
