package dev.kawi.hub;

import static dev.kawi.hub.HubException.Reason;
import static dev.kawi.hub.HuggingFaceClient.encoded;

import dev.kawi.hub.HubHttp.Call;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The API of ModelScope. Source: the `modelscope` library, `modelscope/hub/api.py`.
final class ModelScopeClient implements HubClient {
  private static final int OK = 200;

  private final HubHttp http;
  private final URI endpoint;

  ModelScopeClient(HubHttp http) {
    this.http = http;
    this.endpoint =
        http.settings().endpoints().getOrDefault(Hub.MODEL_SCOPE, Hub.MODEL_SCOPE.endpoint());
  }

  @Override
  public RemoteRepository repository(String id, String revision) throws IOException {
    String path =
        "/api/v1/models/%s/repo/files?Revision=%s&Recursive=true".formatted(id, encoded(revision));
    JsonNode data = data(http.text(Call.get(Hub.MODEL_SCOPE, id, uri(path))), id);
    List<RemoteFile> files = new ArrayList<>();
    for (JsonNode entry : array(data, "Files")) {
      if (Answer.text(entry, "Type").filter("tree"::equals).isEmpty()) {
        files.add(file(entry, id, revision));
      }
    }
    return new RemoteRepository(Hub.MODEL_SCOPE, id, revision, revision, files);
  }

  private RemoteFile file(JsonNode entry, String id, String revision) throws HubException {
    String path =
        Answer.text(entry, "Path")
            .orElseThrow(
                () -> new HubException(Reason.OTHER, "ModelScope lists a file without a path"));
    return new RemoteFile(
        path,
        Answer.number(entry, "Size"),
        Answer.text(entry, "Sha256"),
        Optional.empty(),
        Answer.text(entry, "Revision"),
        uri(
            "/api/v1/models/%s/repo?Revision=%s&FilePath=%s"
                .formatted(id, encoded(revision), encoded(path))));
  }

  @Override
  public List<SearchResult> search(String text, int limit) throws IOException {
    String body =
        "{\"Name\":%s,\"PageNumber\":1,\"PageSize\":%d,\"SortBy\":\"Default\",\"Target\":\"\",\"SingleCriterion\":[]}"
            .formatted(Answer.quoted(text), limit);
    Call call =
        new Call(
            Hub.MODEL_SCOPE,
            "search for " + text,
            uri("/api/v1/dolphin/models"),
            Map.of(),
            "PUT",
            body);
    JsonNode data = data(http.text(call), text);
    JsonNode model = Optional.ofNullable(data.get("Model")).orElse(data);
    List<SearchResult> results = new ArrayList<>();
    for (JsonNode entry : array(model, "Models")) {
      Optional<String> owner = Answer.text(entry, "Path");
      Optional<String> name = Answer.text(entry, "Name");
      if (owner.isPresent() && name.isPresent()) {
        results.add(
            new SearchResult(
                Hub.MODEL_SCOPE,
                owner.get() + "/" + name.get(),
                Answer.number(entry, "Downloads"),
                Answer.number(entry, "Stars")));
      }
    }
    return results;
  }

  @Override
  public String account() throws IOException {
    String token = http.settings().tokens().getOrDefault(Hub.MODEL_SCOPE, "");
    String body = "{\"AccessToken\":%s}".formatted(Answer.quoted(token));
    Call call = new Call(Hub.MODEL_SCOPE, "login", uri("/api/v1/login"), Map.of(), "POST", body);
    return Answer.text(data(http.text(call), "login"), "Username").orElse("?");
  }

  /// What an answer holds; ModelScope reports failures in the answer as well as by status.
  private static JsonNode data(String text, String what) throws HubException {
    JsonNode answer = Answer.of(Hub.MODEL_SCOPE, text);
    JsonNode data = answer.get("Data");
    if (Answer.number(answer, "Code") != OK || data == null || !data.isObject()) {
      throw new HubException(
          Reason.NOT_FOUND,
          "ModelScope has no %s: %s".formatted(what, Answer.text(answer, "Message").orElse("?")));
    }
    return data;
  }

  private static Iterable<JsonNode> array(JsonNode node, String field) {
    JsonNode array = node.get(field);
    return array != null && array.isArray() ? array : List.of();
  }

  private URI uri(String path) {
    return URI.create(endpoint + path);
  }
}
