// The keys of what TanStack Query holds.
export const stateKey = ["state"];
export const sampleKey = ["sample"];
export const chatsKey = ["chats"];
export const chatKey = (id: string) => ["chat", id];
