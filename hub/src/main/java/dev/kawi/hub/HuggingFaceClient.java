package dev.kawi.hub;

import static dev.kawi.hub.HubException.Reason;

import dev.kawi.hub.HubHttp.Call;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// The API of Hugging Face and of its mirrors. Source: the documentation of the Hub API and the
/// `huggingface_hub` library.
final class HuggingFaceClient implements HubClient {
  private static final Pattern NEXT = Pattern.compile("<([^>]+)>;\\s*rel=\"next\"");
  private static final int MOST_PAGES = 1000;

  private final HubHttp http;
  private final URI endpoint;

  HuggingFaceClient(HubHttp http) {
    this(
        http,
        http.settings().endpoints().getOrDefault(Hub.HUGGING_FACE, Hub.HUGGING_FACE.endpoint()));
  }

  /// A mirror at this address.
  HuggingFaceClient(HubHttp http, URI endpoint) {
    this.http = http;
    this.endpoint = endpoint;
  }

  @Override
  public RemoteRepository repository(String id, String revision) throws IOException {
    String about =
        http.text(
            call(
                asked(id, revision),
                "/api/models/%s/revision/%s".formatted(id, encoded(revision))));
    JsonNode info = Answer.of(Hub.HUGGING_FACE, about);
    String name = Answer.text(info, "id").filter(n -> n.contains("/")).orElse(id);
    String commit = Answer.text(info, "sha").orElse(revision);
    List<RemoteFile> files = new ArrayList<>();
    Optional<URI> page =
        Optional.of(uri("/api/models/%s/tree/%s?recursive=true".formatted(name, encoded(commit))));
    for (int i = 0; page.isPresent() && i < MOST_PAGES; i++) {
      page = addPage(page.get(), name, commit, files);
    }
    return new RemoteRepository(Hub.HUGGING_FACE, name, revision, commit, files);
  }

  private Optional<URI> addPage(URI page, String id, String commit, List<RemoteFile> files)
      throws IOException {
    Reply response = http.open(Call.get(Hub.HUGGING_FACE, id, page));
    try (InputStream body = response.body()) {
      String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
      for (JsonNode entry : Answer.of(Hub.HUGGING_FACE, text)) {
        if (Answer.text(entry, "type").filter("file"::equals).isPresent()) {
          files.add(file(entry, id, commit));
        }
      }
    }
    Matcher next = NEXT.matcher(response.headers().firstValue("Link").orElse(""));
    return next.find() ? Optional.of(page.resolve(next.group(1))) : Optional.empty();
  }

  private RemoteFile file(JsonNode entry, String id, String commit) throws HubException {
    String path =
        Answer.text(entry, "path")
            .orElseThrow(
                () -> new HubException(Reason.OTHER, "Hugging Face lists a file without a path"));
    JsonNode lfs = entry.get("lfs");
    boolean large = lfs != null && lfs.isObject();
    return new RemoteFile(
        path,
        Answer.number(large ? lfs : entry, "size"),
        large ? Answer.text(lfs, "oid").map(HuggingFaceClient::plainDigest) : Optional.empty(),
        large ? Optional.empty() : Answer.text(entry, "oid"),
        Optional.empty(),
        uri("/%s/resolve/%s/%s".formatted(id, encoded(commit), encodedPath(path))));
  }

  private static String plainDigest(String oid) {
    return oid.startsWith("sha256:") ? oid.substring("sha256:".length()) : oid;
  }

  @Override
  public List<SearchResult> search(String text, int limit) throws IOException {
    String query = "/api/models?search=%s&sort=downloads&limit=%d".formatted(encoded(text), limit);
    List<SearchResult> results = new ArrayList<>();
    for (JsonNode entry :
        Answer.of(Hub.HUGGING_FACE, http.text(call("search for " + text, query)))) {
      Answer.text(entry, "id")
          .ifPresent(id ->
              results.add(
                  new SearchResult(
                      Hub.HUGGING_FACE,
                      id,
                      Answer.number(entry, "downloads"),
                      Answer.number(entry, "likes"))));
    }
    return results;
  }

  @Override
  public String account() throws IOException {
    JsonNode answer = Answer.of(Hub.HUGGING_FACE, http.text(call("login", "/api/whoami-v2")));
    return Answer.text(answer, "name").orElse("?");
  }

  private Call call(String about, String path) {
    return Call.get(Hub.HUGGING_FACE, about, uri(path));
  }

  /// A repository as people write it.
  private static String asked(String id, String revision) {
    return revision.equals(Hub.HUGGING_FACE.defaultRevision()) ? id : id + "@" + revision;
  }

  private URI uri(String path) {
    return URI.create(endpoint + path);
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String encodedPath(String path) {
    return encoded(path).replace("%2F", "/");
  }
}
