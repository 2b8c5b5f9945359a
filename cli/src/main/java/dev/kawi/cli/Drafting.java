package dev.kawi.cli;

import dev.kawi.engine.Drafter;
import dev.kawi.engine.Model;
import java.util.Optional;

/// Who proposes tokens, with the model that it needs while it does.
record Drafting(Drafter drafter, Optional<Model> model) implements AutoCloseable {
  @Override
  public void close() {
    model.ifPresent(Model::close);
  }
}
