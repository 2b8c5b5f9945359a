package dev.kawi.hub;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Where hubs and stores are and how they are reached, from the variables of the environment that
/// the tools of both hubs honour, too:
///
/// | variable | meaning |
/// |---|---|
/// | `KAWI_HUBS` | order of the hubs, such as `huggingface,modelscope` (ModelScope first) |
/// | `HF_ENDPOINT`, `MODELSCOPE_DOMAIN` | a mirror |
/// | `HF_TOKEN`, `MODELSCOPE_API_TOKEN` | access to gated and private repositories |
/// | `HF_HOME`, `HF_HUB_CACHE`, `MODELSCOPE_CACHE` | where files are kept |
/// | `KAWI_OFFLINE`, `HF_HUB_OFFLINE` | 1: nothing goes over the net |
/// | `KAWI_CONNECT_TIMEOUT` | seconds in which a hub that has not answered yet must take a connection (1.4) |
/// | `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` | a proxy: `http://HOST:PORT`, also with `NAME:PASSWORD@` |
/// | `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE` | certificates (PEM) that are trusted as well |
///
/// @param hubs in which order they are asked
/// @param endpoints where each hub is
/// @param stores where the files of each hub are kept
/// @param tokens access tokens
/// @param tokenFiles where the tools of the hubs keep tokens
/// @param offline whether nothing may go over the net
/// @param proxy for requests by https or http, if any
/// @param noProxy hosts that are reached without it
/// @param certificates a PEM file of certificates that are trusted as well
/// @param chunkBytes how much of a file one request fetches
/// @param workers requests at a time
/// @param retryDelay the first wait before a request is made again; each further one is twice as
///   long
/// @param firstContact how long a host that has never answered may take to be found and to take a
///   connection
/// @param patience how long a connection may give nothing
public record HubSettings(
    List<Hub> hubs,
    Map<Hub, URI> endpoints,
    Map<Hub, Path> stores,
    Map<Hub, String> tokens,
    Map<Hub, Path> tokenFiles,
    boolean offline,
    Optional<URI> proxy,
    List<String> noProxy,
    Optional<Path> certificates,
    int chunkBytes,
    int workers,
    Duration retryDelay,
    Duration firstContact,
    Duration patience) {
  private static final int CHUNK_BYTES = 16 << 20;

  /// With the start of the JVM less than the two seconds in which a person wants to hear that there
  /// is no network, and enough for a connection whose first packet is lost.
  private static final Duration FIRST_CONTACT = Duration.ofMillis(1400);

  /// Copies the collections and checks the numbers.
  public HubSettings {
    hubs = List.copyOf(hubs);
    endpoints = Map.copyOf(endpoints);
    stores = Map.copyOf(stores);
    tokens = Map.copyOf(tokens);
    tokenFiles = Map.copyOf(tokenFiles);
    noProxy = List.copyOf(noProxy);
    if (chunkBytes < 1 || workers < 1) {
      throw new IllegalArgumentException(
          "chunks of %d bytes and %d workers; expected 1 or more".formatted(chunkBytes, workers));
    }
  }

  /// The settings of this process.
  public static HubSettings fromEnvironment() {
    return from(System::getenv, Path.of(System.getProperty("user.home")));
  }

  /// The settings that these variables give to a user with this home.
  static HubSettings from(UnaryOperator<@Nullable String> environment, Path home) {
    Variables variables = new Variables(environment);
    Map<Hub, URI> endpoints = new EnumMap<>(Hub.class);
    endpoints.put(Hub.HUGGING_FACE, variables.endpoint("HF_ENDPOINT", Hub.HUGGING_FACE));
    endpoints.put(Hub.MODEL_SCOPE, variables.endpoint("MODELSCOPE_DOMAIN", Hub.MODEL_SCOPE));
    Path cache = variables.path("XDG_CACHE_HOME").orElse(home.resolve(".cache"));
    Path hfHome = variables.path("HF_HOME").orElse(cache.resolve("huggingface"));
    Map<Hub, Path> stores = new EnumMap<>(Hub.class);
    stores.put(
        Hub.HUGGING_FACE,
        variables
            .path("HF_HUB_CACHE")
            .or(() -> variables.path("HUGGINGFACE_HUB_CACHE"))
            .orElse(hfHome.resolve("hub")));
    stores.put(
        Hub.MODEL_SCOPE,
        variables
            .path("MODELSCOPE_CACHE")
            .orElse(home.resolve(".cache").resolve("modelscope").resolve("hub")));
    Path hfToken = variables.path("HF_TOKEN_PATH").orElse(hfHome.resolve("token"));
    Path msToken =
        variables
            .path("MODELSCOPE_CREDENTIALS_PATH")
            .orElse(home.resolve(".modelscope").resolve("credentials"))
            .resolve("git_token");
    Map<Hub, String> tokens = new EnumMap<>(Hub.class);
    variables
        .text("HF_TOKEN")
        .or(() -> variables.text("HUGGING_FACE_HUB_TOKEN"))
        .or(() -> secret(hfToken))
        .ifPresent(token -> tokens.put(Hub.HUGGING_FACE, token));
    variables
        .text("MODELSCOPE_API_TOKEN")
        .or(() -> secret(msToken))
        .ifPresent(token -> tokens.put(Hub.MODEL_SCOPE, token));
    return new HubSettings(
        variables.text("KAWI_HUBS").map(HubSettings::order).orElse(List.of(Hub.values())),
        endpoints,
        stores,
        tokens,
        Map.of(Hub.HUGGING_FACE, hfToken, Hub.MODEL_SCOPE, msToken),
        variables.isTrue("KAWI_OFFLINE") || variables.isTrue("HF_HUB_OFFLINE"),
        variables
            .eitherCase("HTTPS_PROXY")
            .or(() -> variables.eitherCase("HTTP_PROXY"))
            .map(HubSettings::proxy),
        variables
            .eitherCase("NO_PROXY")
            .map(hosts -> List.of(hosts.split("\\s*,\\s*", -1)))
            .orElse(List.of()),
        variables.path("SSL_CERT_FILE").or(() -> variables.path("REQUESTS_CA_BUNDLE")),
        CHUNK_BYTES,
        4,
        Duration.ofMillis(500),
        variables.seconds("KAWI_CONNECT_TIMEOUT").orElse(FIRST_CONTACT),
        Duration.ofSeconds(60));
  }

  /// The proxy through which an address is reached, if it is one: all but the hosts of `noProxy`,
  /// their subdomains and this machine.
  Optional<URI> proxyFor(URI url) {
    return proxy.filter(p -> !isDirect(String.valueOf(url.getHost())));
  }

  private boolean isDirect(String host) {
    if (host.equals("localhost") || host.startsWith("127.") || noProxy.contains("*")) {
      return true;
    }
    return noProxy.stream()
        .map(d -> d.startsWith(".") ? d.substring(1) : d)
        .anyMatch(d -> !d.isEmpty() && (host.equals(d) || host.endsWith("." + d)));
  }

  /// The address of a proxy, with a port, of a value that may lack `http://`.
  private static URI proxy(String value) {
    try {
      URI uri = new URI(value.contains("://") ? value : "http://" + value);
      if (List.of("http", "https").contains(uri.getScheme()) && uri.getHost() != null) {
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        return new URI("http", uri.getUserInfo(), uri.getHost(), port, null, null, null);
      }
    } catch (URISyntaxException e) {
      // The message below says what is expected.
    }
    throw new IllegalArgumentException(
        "HTTPS_PROXY (or HTTP_PROXY) must be like http://HOST:PORT, found '%s'"
            .formatted(value.replaceFirst("//[^@]*@", "//...@")));
  }

  private static Optional<String> secret(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8).strip();
      return Optional.of(text).filter(t -> !t.isEmpty());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static List<Hub> order(String text) {
    return List.of(text.toLowerCase(Locale.ROOT).split("\\s*,\\s*", -1)).stream()
        .map(name ->
            switch (name) {
              case "modelscope", "ms" -> Hub.MODEL_SCOPE;
              case "huggingface", "hf" -> Hub.HUGGING_FACE;
              default ->
                  throw new IllegalArgumentException(
                      "KAWI_HUBS lists modelscope and huggingface, found '" + name + "'");
            })
        .distinct()
        .toList();
  }

  /// The same with these requests at a time.
  public HubSettings withWorkers(int count) {
    return with(tokens, count);
  }

  /// The same with this token for a hub.
  public HubSettings withToken(Hub hub, String token) {
    Map<Hub, String> all = new EnumMap<>(Hub.class);
    all.putAll(tokens);
    all.put(hub, token);
    return with(all, workers);
  }

  private HubSettings with(Map<Hub, String> newTokens, int newWorkers) {
    return new HubSettings(
        hubs,
        endpoints,
        stores,
        newTokens,
        tokenFiles,
        offline,
        proxy,
        noProxy,
        certificates,
        chunkBytes,
        newWorkers,
        retryDelay,
        firstContact,
        patience);
  }

  /// Keeps a token in the file of the hub's own tool, which only its owner can read.
  public void saveToken(Hub hub, String token) throws IOException {
    Path file = tokenFile(hub);
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path beside = file.resolveSibling(file.getFileName() + ".kawi-part");
    Files.deleteIfExists(beside);
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          beside,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    Files.writeString(beside, token);
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /// Deletes the kept token of a hub.
  public void forgetToken(Hub hub) throws IOException {
    Files.deleteIfExists(tokenFile(hub));
  }

  private Path tokenFile(Hub hub) {
    Path file = tokenFiles.get(hub);
    if (file == null) {
      throw new IllegalStateException("Bug: no file for the token of " + hub);
    }
    return file;
  }

  /// Variables of an environment; an empty one counts as none.
  private record Variables(UnaryOperator<@Nullable String> environment) {
    Optional<String> text(String name) {
      return Optional.ofNullable(environment.apply(name))
          .map(String::strip)
          .filter(value -> !value.isEmpty());
    }

    Optional<String> eitherCase(String name) {
      return text(name).or(() -> text(name.toLowerCase(Locale.ROOT)));
    }

    Optional<Path> path(String name) {
      return text(name).map(Path::of);
    }

    Optional<Duration> seconds(String name) {
      return text(name)
          .map(value -> {
            if (!value.matches("[0-9]{1,4}([.][0-9]{1,3})?") || !value.matches(".*[1-9].*")) {
              throw new IllegalArgumentException(
                  "%s must be seconds, such as 5 or 0.5, found '%s'".formatted(name, value));
            }
            return Duration.ofMillis(new BigDecimal(value).movePointRight(3).longValueExact());
          });
    }

    boolean isTrue(String name) {
      return text(name)
          .filter(v -> List.of("1", "true", "on", "yes").contains(v.toLowerCase(Locale.ROOT)))
          .isPresent();
    }

    URI endpoint(String name, Hub hub) {
      return text(name)
          .map(value -> value.contains("://") ? value : "https://" + value)
          .map(value -> URI.create(value.replaceFirst("/+$", "")))
          .orElse(hub.endpoint());
    }
  }
}
