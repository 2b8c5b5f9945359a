package dev.kawi.cli;

import dev.kawi.hub.Hub;
import dev.kawi.hub.HubSettings;
import dev.kawi.hub.ModelHub;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Parameters;

/// `kawi whoami`: the account that the token of each hub belongs to.
@Command(
    name = "whoami",
    mixinStandardHelpOptions = true,
    description = "Say as whom the hubs know you, by the tokens that are kept here.",
    footer = {"", "Examples:", "  kawi whoami", "  kawi whoami huggingface"})
final class WhoAmI implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "HUB", arity = "0..1", description = "huggingface or modelscope (both).")
  private Optional<String> name = Optional.empty();

  WhoAmI(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException {
    HubSettings settings = HubSettings.fromEnvironment();
    List<Hub> asked = name.map(n -> List.of(Login.hub(n))).orElse(List.of(Hub.values()));
    List<Hub> known = asked.stream().filter(settings.tokens()::containsKey).toList();
    if (known.isEmpty()) {
      console.say("not logged in; kawi login HUB keeps a token");
      return ExitCode.SOFTWARE;
    }
    try (ModelHub hub = new ModelHub(settings)) {
      for (Hub where : known) {
        console.out().println(where.title() + ": " + hub.account(where));
      }
    }
    return ExitCode.OK;
  }
}
