// Package engine answers questions about pictures with a vision-language model on one device.
//
// The path of one request, from Session.Generate to the last token:
//
//  1. answer.go: each picture's header is read and the model's family plans how it is looked at (model.Vision.Look): scaled size, tiles, rows
//     of features. No pixel has been decoded; a picture that is too large, or a conversation too long, ends here with a sentence.
//  2. package chat renders the messages by the model's own template into segments, texts and control tokens; user text cannot become a
//     control token. Each picture's placeholder is replaced by what the family's processor writes there. Package token makes ids of it.
//  3. see.go: pictures are decoded, resized and cut (package image) and encoded one view at a time by a program that was planned once
//     (model.Vision.Encoder). Features are remembered by the content of the file, never by its name.
//  4. package generate compares the prompt, token by token and picture by picture, with what the KV cache holds, and runs the rest through
//     the decoder in chunks; rows of features stand where the prompt has picture tokens. Rows that see what follows them, as a picture's may
//     (model.Ahead), are never in two chunks.
//  5. Each further step runs one token of every answer in progress: the host fills in ids, positions and lengths, the device replays the
//     planned program and finds the likeliest tokens, and the sampler chooses. Where the end of the text stood before, what followed it is guessed
//     and run in the same step; guesses that are chosen need no step of their own. Ids become text as soon as their bytes are whole characters
//     (token.Stream); text that may begin a stop string is held back.
//
// How a step is computed, from the bottom up:
//
//   - tensor: element types, shapes, host arrays. device: memory, and programs of kernel launches.
//   - graph: a computation as nodes. An Op is one value with its shape rule, definition (Ref), gradient (Grad), launch and cases. Plan orders
//     the nodes, places results in an arena by lifetime, sets barriers where memory is touched twice, and gives a device the list.
//   - op: the catalogue, one file each. nn: layers that name their weights in tags. model: families, made of shared blocks.
//   - weights: files in and out; Bind puts their numbers into a family's struct, strictly. adapter: LoRA on top; the
//     built-in model's own rests in conversations without a picture.
//   - train: what a training step is, over any family; tune.go turns conversations into its examples and switches adapters on an open model.
//   - cpu: the device that every machine has; kernels in C where it matters, by the definition in Go where not. Unless Options.Exact is set,
//     activations meet quantized weights in 8 bits and, where the processor multiplies them, bf16 weights in bf16.
//     A GPU's device is handed in by the app (package metal): it keeps results in f16, and is told at load which kernels will be wanted.
//
// A context ends any of this within one step. Requests on one session take turns; several that come together (GenerateBatch) share steps.
package engine
