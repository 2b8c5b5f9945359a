package dev.kawi.hub;

import java.nio.file.Path;
import java.util.List;

/// A model in the store of a hub.
///
/// @param hub whose store
/// @param id owner and name
/// @param revision branch, tag or commit; of ModelScope's store the revision is not known
/// @param folder where its files are
/// @param files paths in the folder, with `/`
/// @param bytes of all files
public record LocalModel(
    Hub hub, String id, String revision, Path folder, List<String> files, long bytes) {
  /// Copies the list.
  public LocalModel {
    files = List.copyOf(files);
  }
}
