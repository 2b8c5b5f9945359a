/// Conversations: messages and tools, the interfaces that chat and embedding models implement, and
/// the model's own chat template.
@NullMarked
package dev.kawi.chat;

import org.jspecify.annotations.NullMarked;
