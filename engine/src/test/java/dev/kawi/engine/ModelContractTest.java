package dev.kawi.engine;

import dev.kawi.chat.ChatModel;
import dev.kawi.chat.ChatModelContract;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/// A model in the engine keeps the promises of a chat model: one of random weights, which writes
/// nonsense without an end.
class ModelContractTest extends ChatModelContract {
  @TempDir private static Path folder;
  private static Model model;

  @BeforeAll
  static void load() throws IOException {
    Path file = folder.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-llama"), StorageType.F32, 5).write(file);
    model = Model.load(file, EngineOptions.defaults().withThreads(1).withContextLength(4096));
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Override
  protected ChatModel model() {
    return model;
  }
}
