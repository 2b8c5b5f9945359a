package dev.kawi.hub;

import java.io.IOException;
import java.util.List;

/// What Kawi asks of a hub.
interface HubClient {
  /// What a repository holds at a revision.
  ///
  /// @throws HubException if the hub has no such repository or revision, or does not show it
  RemoteRepository repository(String id, String revision) throws IOException;

  /// Repositories whose name has this text, those that many people use first.
  List<SearchResult> search(String text, int limit) throws IOException;

  /// The name of the account that the token belongs to.
  String account() throws IOException;
}
