package dev.kawi.cli;

import dev.kawi.hub.Hub;
import dev.kawi.hub.HubSettings;
import dev.kawi.hub.ModelHub;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `kawi login HUB`: keeps an access token where the hub's own tool keeps it.
@Command(
    name = "login",
    mixinStandardHelpOptions = true,
    description =
        "Keep the access token of a hub in the file in which the hub's own tool keeps it, after"
            + " asking the hub whose it is. The token is read from the standard input.",
    footer = {
      "",
      "Examples:",
      "  kawi login huggingface < token.txt",
      "  kawi login modelscope",
      "  kawi login huggingface --logout",
    })
final class Login implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "HUB", description = "huggingface or modelscope.")
  private String name = "";

  @Option(names = "--logout", description = "Delete the token.")
  private boolean logout;

  Login(Console console) {
    this.console = console;
  }

  /// The hub of this name.
  static Hub hub(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "huggingface", "hf" -> Hub.HUGGING_FACE;
      case "modelscope", "ms" -> Hub.MODEL_SCOPE;
      default ->
          throw new CommandFailure("expected huggingface or modelscope, found '" + name + "'");
    };
  }

  @Override
  public Integer call() throws IOException {
    Hub hub = hub(name);
    HubSettings settings = HubSettings.fromEnvironment();
    if (logout) {
      settings.forgetToken(hub);
      console.say("forgot the token of " + hub.title());
      return 0;
    }
    String token =
        console
            .secret(
                "paste the access token of " + hub.title() + " and press Enter; it is not shown")
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .orElseThrow(() -> new CommandFailure("no token was given"));
    try (ModelHub models = new ModelHub(settings.withToken(hub, token))) {
      String account = models.account(hub);
      settings.saveToken(hub, token);
      console.say("logged in to %s as %s".formatted(hub.title(), account));
    }
    return 0;
  }
}
