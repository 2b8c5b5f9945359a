package dev.kawi.hub;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A model on a hub as people write it:
///
/// ```text
/// qwen/Qwen2.5-0.5B-Instruct-GGUF              the repository; Kawi chooses the files
/// qwen/Qwen2.5-0.5B-Instruct-GGUF:Q4_K_M       this quantization of it
/// qwen/Qwen2.5-0.5B-Instruct-GGUF@v1.0         this revision: a branch, tag or commit
/// qwen/Qwen2.5-0.5B-Instruct-GGUF/model.gguf   this file
/// modelscope.cn/... and hf.co/...              on this hub
/// hf-mirror.com/...                            on this mirror of Hugging Face
/// https://...                                  a page of a hub, pasted from the browser
/// ```
///
/// @param hub the hub, if one is named
/// @param mirror where a mirror of Hugging Face is, if one is named; tokens do not go there
/// @param repository owner and name, such as `qwen/Qwen2.5-0.5B-Instruct-GGUF`
/// @param revision branch, tag or commit, if one is named
/// @param file path of a file in the repository, if one is named
/// @param quantization such as `Q4_K_M`, if one is named
public record ModelReference(
    Optional<Hub> hub,
    Optional<URI> mirror,
    String repository,
    Optional<String> revision,
    Optional<String> file,
    Optional<String> quantization) {
  private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
  private static final Pattern REPOSITORY = Pattern.compile(NAME + "/" + NAME);
  private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,199}");
  private static final Pattern QUANTIZATION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,31}");
  private static final Pattern HOST =
      Pattern.compile("(?:[a-z0-9][a-z0-9-]{0,62}\\.){1,4}[a-z]{2,12}(?::\\d{1,5})?");
  private static final Pattern FILE =
      Pattern.compile("[^/]+/[^/]+\\.(?:gguf|safetensors|bin|json)(?:[@:].*)?");
  private static final Pattern URL_VIEW =
      Pattern.compile("(?:resolve|blob|tree|raw|file/view)/([^/]+)(?:/(.+))?");

  /// Checks the parts: names of repositories end up in paths on disk.
  public ModelReference {
    if (!REPOSITORY.matcher(repository).matches() || repository.contains("..")) {
      throw new IllegalArgumentException(
          "a model reference is OWNER/NAME, found '" + repository + "'; see kawi pull --help");
    }
    revision
        .filter(r -> !REVISION.matcher(r).matches() || r.contains(".."))
        .ifPresent(r -> {
          throw new IllegalArgumentException("'" + r + "' is no branch, tag or commit");
        });
    quantization
        .filter(q -> !QUANTIZATION.matcher(q).matches())
        .ifPresent(q -> {
          throw new IllegalArgumentException(
              "'" + q + "' is no quantization; expected one as Q4_K_M");
        });
    file.ifPresent(RemoteFile::requireSafePath);
  }

  /// Reads a reference as people write it.
  ///
  /// @throws IllegalArgumentException if it is none
  public static ModelReference parse(String text) {
    String rest = text.strip();
    boolean isUrl = rest.startsWith("https://") || rest.startsWith("http://");
    if (isUrl) {
      return ofUrl(rest);
    }
    Optional<Hub> hub = Optional.empty();
    Optional<URI> mirror = Optional.empty();
    int slash = rest.indexOf('/');
    if (slash > 0 && rest.substring(0, slash).contains(".")) {
      String host = rest.substring(0, slash);
      hub = Hub.ofHost(host);
      if (hub.isEmpty() && isHost(host, rest.substring(slash + 1))) {
        mirror = Optional.of(URI.create("https://" + host));
        hub = Optional.of(Hub.HUGGING_FACE);
      }
      if (hub.isPresent()) {
        rest = withoutModels(rest.substring(slash + 1));
      }
    }
    return ofPath(hub, mirror, rest);
  }

  /// Whether the first part of a reference is a host and not an owner with a point in its name: it
  /// ends as hosts do, and owner and name follow, not a file.
  private static boolean isHost(String first, String rest) {
    return HOST.matcher(first).matches()
        && rest.matches("[^/@:]+/[^/].*")
        && !FILE.matcher(rest).matches();
  }

  /// Whether the text has the form of a reference, not of a file's path: OWNER/NAME, and perhaps
  /// more.
  public static boolean isOne(String text) {
    try {
      parse(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String withoutModels(String path) {
    return path.startsWith("models/") ? path.substring("models/".length()) : path;
  }

  private static ModelReference ofUrl(String url) {
    URI uri = URI.create(url.replace(" ", "%20"));
    String host = String.valueOf(uri.getHost());
    Optional<Hub> known = Hub.ofHost(host);
    if (known.isEmpty() && uri.getHost() == null) {
      throw new IllegalArgumentException(
          "'%s' is no page of ModelScope or Hugging Face".formatted(url));
    }
    Hub hub = known.orElse(Hub.HUGGING_FACE);
    Optional<URI> mirror =
        known.isPresent()
            ? Optional.empty()
            : Optional.of(URI.create(uri.getScheme() + "://" + uri.getAuthority()));
    String path = withoutModels(String.valueOf(uri.getPath()).replaceFirst("^/+(?:api/v1/)?", ""));
    String[] parts = path.replaceFirst("/+$", "").split("/", 3);
    if (parts.length < 2) {
      throw new IllegalArgumentException("'%s' is not the page of a model".formatted(url));
    }
    Optional<String> revision = query(uri, "Revision").or(() -> query(uri, "revision"));
    Optional<String> file = query(uri, "FilePath");
    Matcher view = URL_VIEW.matcher(parts.length == 3 ? parts[2] : "");
    if (view.matches()) {
      revision = revision.or(() -> Optional.of(view.group(1)));
      file = file.or(() -> Optional.ofNullable(view.group(2)).filter(f -> isModelFile(f)));
    }
    Optional<String> named = revision.filter(r -> !r.equals(hub.defaultRevision()));
    return new ModelReference(
        Optional.of(hub), mirror, parts[0] + "/" + parts[1], named, file, Optional.empty());
  }

  private static boolean isModelFile(String path) {
    return path.contains(".");
  }

  private static Optional<String> query(URI uri, String name) {
    for (String pair : String.valueOf(uri.getRawQuery()).split("&", -1)) {
      if (pair.startsWith(name + "=")) {
        String value = pair.substring(name.length() + 1);
        return Optional.of(URLDecoder.decode(value, StandardCharsets.UTF_8));
      }
    }
    return Optional.empty();
  }

  private static ModelReference ofPath(Optional<Hub> hub, Optional<URI> mirror, String path) {
    String rest = path;
    Optional<String> quantization = Optional.empty();
    Optional<String> revision = Optional.empty();
    int colon = rest.lastIndexOf(':');
    if (colon >= 0) {
      quantization = Optional.of(rest.substring(colon + 1));
      rest = rest.substring(0, colon);
    }
    int at = rest.indexOf('@');
    String afterName = "";
    if (at >= 0) {
      String tail = rest.substring(at + 1);
      rest = rest.substring(0, at);
      revision = Optional.of(tail);
    }
    List<String> parts = new ArrayList<>(List.of(rest.split("/", 3)));
    if (parts.size() == 3) {
      afterName = parts.removeLast();
    }
    return new ModelReference(
        hub,
        mirror,
        String.join("/", parts),
        revision,
        Optional.of(afterName).filter(f -> !f.isEmpty()),
        quantization);
  }

  /// The reference as it can be typed again.
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    if (mirror.isPresent()) {
      text.append(mirror.get().getAuthority()).append('/');
    } else {
      hub.ifPresent(h -> text.append(h == Hub.HUGGING_FACE ? "hf.co/" : "modelscope.cn/"));
    }
    text.append(repository);
    file.ifPresent(f -> text.append('/').append(f));
    revision.ifPresent(r -> text.append('@').append(r));
    quantization.ifPresent(q -> text.append(':').append(q));
    return text.toString();
  }
}
