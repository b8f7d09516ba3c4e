// The keys of what TanStack Query holds.
export const stateKey = ["state"];
export const sampleKey = ["sample"];
export const chatsKey = ["chats"];
export const chatKey = (id: string) => ["chat", id];
export const settingsKey = ["settings"];
export const modelsKey = ["models"];
export const searchKey = (words: string) => ["models search", words];
export const offerKey = (id: string) => ["models offer", id];
export const panelKey = (shot: string) => ["panel", shot];
export const tuningKey = ["tuning"];
export const tuneDataKey = ["tune data"];
export const runKey = (name: string) => ["run", name];
