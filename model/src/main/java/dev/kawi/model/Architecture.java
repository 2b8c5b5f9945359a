package dev.kawi.model;

import dev.kawi.gguf.ModelFormatException;
import dev.kawi.nn.Decoder;
import java.util.List;
import java.util.stream.Collectors;

/// How a family of models is put together from layers. One file each; the list below is the only
/// other place that knows them.
public interface Architecture {
  /// The name in `general.architecture`.
  String name();

  /// Puts the layers together.
  ///
  /// @param contextLength tokens that the model will be used with
  Decoder build(Checkpoint checkpoint, int contextLength);

  /// All architectures.
  static List<Architecture> all() {
    return List.of(
        new Llama(),
        new Qwen2(),
        new Qwen2Moe(),
        new Qwen3(),
        new Qwen3Moe(),
        new Qwen3Next(),
        new Qwen35(),
        new Qwen35Moe(),
        new Gemma2(),
        new Gemma3(),
        new Phi3(),
        new Gpt2(),
        new Starcoder2(),
        new InternLm2(),
        new ChatGlm(),
        new ChatGlm1(),
        new Glm4(),
        new Qwen(),
        new Baichuan(),
        new CodeShell(),
        new Gemma(),
        new Granite(),
        new MiniCpm(),
        new Olmo2(),
        new SmolLm3(),
        new CommandR(),
        new Cohere2(),
        new Falcon(),
        new HunyuanDense(),
        new HunyuanMoe(),
        new GraniteMoe(),
        new DeepSeek(),
        new DeepSeek2(),
        new MiniCpm3(),
        new GptOss(),
        new Starcoder(),
        new Bloom(),
        new GptNeoX(),
        new Mpt(),
        new Phi2(),
        new StableLm(),
        new Olmo());
  }

  /// The architecture that the file names.
  static Architecture of(Checkpoint checkpoint) {
    String name = checkpoint.config().architecture();
    if (EncoderArchitecture.find(name).isPresent()) {
      throw new ModelFormatException(
          name + " models read texts and write none; use `kawi embed` or `kawi rerank`");
    }
    return find(name)
        .orElseThrow(() ->
            new ModelFormatException(
                "the architecture \"%s\" is not supported; supported are %s"
                    .formatted(
                        name,
                        all().stream().map(Architecture::name).collect(Collectors.joining(", ")))));
  }

  /// Whether models of this name run: as decoders, or as encoders ([EncoderArchitecture]).
  static boolean runs(String name) {
    return find(name).isPresent() || EncoderArchitecture.find(name).isPresent();
  }

  /// The architecture of this name.
  static java.util.Optional<Architecture> find(String name) {
    return all().stream().filter(a -> a.name().equals(name)).findFirst();
  }
}
