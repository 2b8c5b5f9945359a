package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.nn.Encoder;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// How a family of models that read texts and write none is put together from layers. One file
/// each; the list below is the only other place that knows them.
public interface EncoderArchitecture {
  /// The name in `general.architecture`.
  String name();

  /// Puts the layers together.
  Encoder build(Checkpoint checkpoint);

  /// All architectures.
  static List<EncoderArchitecture> all() {
    return List.of(
        new Bert(),
        new NomicBert(),
        new NomicBertMoe(),
        new JinaBert2(),
        new JinaBert3(),
        new ModernBert(),
        new GemmaEmbedding());
  }

  /// The architecture of this name.
  static Optional<EncoderArchitecture> find(String name) {
    return all().stream().filter(a -> a.name().equals(name)).findFirst();
  }

  /// The architecture that the file names.
  static EncoderArchitecture of(Checkpoint checkpoint) {
    String name = checkpoint.config().architecture();
    return find(name)
        .orElseThrow(() ->
            new ModelFormatException(
                "the architecture \"%s\" is no encoder that is supported; supported are %s"
                    .formatted(
                        name,
                        all().stream()
                            .map(EncoderArchitecture::name)
                            .collect(Collectors.joining(", ")))));
  }
}
