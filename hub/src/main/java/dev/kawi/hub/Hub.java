package dev.kawi.hub;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/// A place on the net that open models are pulled from.
public enum Hub {
  MODEL_SCOPE("ModelScope", "https://www.modelscope.cn", "master"),
  HUGGING_FACE("Hugging Face", "https://huggingface.co", "main");

  private final String title;
  private final String endpoint;
  private final String defaultRevision;

  Hub(String title, String endpoint, String defaultRevision) {
    this.title = title;
    this.endpoint = endpoint;
    this.defaultRevision = defaultRevision;
  }

  /// Its name, for people.
  public String title() {
    return title;
  }

  /// Where its public service is.
  public URI endpoint() {
    return URI.create(endpoint);
  }

  /// The branch that is meant when none is named.
  public String defaultRevision() {
    return defaultRevision;
  }

  /// The hub that answers at this host.
  static Optional<Hub> ofHost(String host) {
    return switch (host.toLowerCase(Locale.ROOT).replaceFirst("^www\\.", "")) {
      case "modelscope.cn", "modelscope.ai" -> Optional.of(MODEL_SCOPE);
      case "huggingface.co", "hf.co" -> Optional.of(HUGGING_FACE);
      default -> Optional.empty();
    };
  }
}
