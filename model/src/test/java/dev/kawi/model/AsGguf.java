package dev.kawi.model;

import dev.kawi.gguf.Metadata;
import dev.kawi.gguf.ModelFile;
import dev.kawi.gguf.TensorInfo;
import dev.kawi.weights.HuggingFaceFolder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A folder as if its publisher's code meant what GGUF files of the architecture mean: the tanh
/// form of GELU, and one epsilon for all norms. What the folder means is in [PublishersCodeTest].
///
/// @param folder the folder
/// @param metadata its metadata without what GGUF files cannot say
record AsGguf(HuggingFaceFolder folder, Metadata metadata) implements ModelFile {
  static AsGguf open(Path path) throws IOException {
    HuggingFaceFolder folder = HuggingFaceFolder.open(path);
    Metadata.Builder all = folder.metadata().toBuilder();
    all.remove(HuggingFaceFolder.GELU);
    all.remove(HuggingFaceFolder.LATENT_EPSILON);
    all.remove(HuggingFaceFolder.LENGTH_EPSILON);
    return new AsGguf(folder, all.build());
  }

  @Override
  public Path path() {
    return folder.path();
  }

  @Override
  public List<Path> paths() {
    return folder.paths();
  }

  @Override
  public String format() {
    return folder.format();
  }

  @Override
  public long sizeBytes() {
    return folder.sizeBytes();
  }

  @Override
  public List<TensorInfo> tensors() {
    return folder.tensors();
  }

  @Override
  public Optional<TensorInfo> tensor(String name) {
    return folder.tensor(name);
  }

  @Override
  public MemorySegment data(TensorInfo tensor) {
    return folder.data(tensor);
  }

  @Override
  public void checkUnchanged() {
    folder.checkUnchanged();
  }

  @Override
  public void close() {
    folder.close();
  }
}
