package dev.kawi.chat;

import java.util.List;

/// A model that thinks before it speaks meets the contract as well.
class ThinkingChatModelTest extends ChatModelContract {
  @Override
  protected ChatModel model() {
    return new ScriptedChatModelTest.Scripted(
        List.of("<thi", "nk>A gree", "ting.</", "think>", "\n\nHello", ", ", "world"));
  }
}
