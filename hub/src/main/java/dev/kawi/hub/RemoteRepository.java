package dev.kawi.hub;

import java.util.List;

/// What a repository holds at a revision.
///
/// @param hub where it is
/// @param id owner and name as the hub writes them; a repository that moved has its new name
/// @param revision the branch, tag or commit that was asked for
/// @param commit what the revision stood for, or the revision again where the hub does not say
/// @param files its files, in the hub's order
public record RemoteRepository(
    Hub hub, String id, String revision, String commit, List<RemoteFile> files) {
  /// Copies the list.
  public RemoteRepository {
    files = List.copyOf(files);
  }
}
