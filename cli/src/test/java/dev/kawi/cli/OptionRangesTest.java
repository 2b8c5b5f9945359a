package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class OptionRangesTest {
  private static final List<Class<?>> NUMBERS =
      List.of(int.class, long.class, double.class, Integer.class, Float.class, Double.class);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "generate -m m --top-p 3|--top-p must be above 0, up to 1, found 3.0",
        "generate -m m --min-p -1|--min-p must be from 0 to 1, found -1.0",
        "chat -m m --ctx 0|--ctx must be at least 1, found 0",
        "chat -m m -t 0|--threads must be from 1 to 1024, found 0",
        "chat -m m --repeat-penalty 0|--repeat-penalty must be from 0.01 to 100, found 0.0",
        "chat -m m --temp NaN|--temp must be at least 0, found NaN",
        "generate -m m -n -1|--max-tokens must be at least 0, found -1",
        "pull a/b --connections 0|--connections must be from 1 to 64, found 0",
        "search a --limit 0|--limit must be from 1 to 100, found 0",
        "convert a --out b --rms-eps 0|--rms-eps must be above 0, up to 1, found 0.0",
        "bench -m m -r 0|-r must be at least 1, found 0",
        "random --shape hat|--shape must be one of",
        "random --storage Q9|--storage must be one of",
      })
  void numberOutOfRange_isWrongUsageThatSaysTheRange(String line, String message) {
    CommandLineRun run = CommandLineRun.of(line.split(" ", -1));
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().startsWith("kawi: " + message), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  @Test
  void everyOptionWithANumber_hasARange() {
    Map<String, CommandLine> commands = Kawi.withAllCommands(Console.ofProcess()).getSubcommands();
    commands.forEach((name, command) -> {
      for (OptionSpec option : command.getCommandSpec().options()) {
        if (option.userObject() instanceof Field field && isNumber(field)) {
          assertTrue(OptionRanges.range(option).isPresent(), name + " " + option.longestName());
        }
      }
    });
  }

  private static boolean isNumber(Field field) {
    return NUMBERS.contains(field.getType())
        || (field.getGenericType() instanceof ParameterizedType type
            && NUMBERS.contains(type.getActualTypeArguments()[0])
            && type.getActualTypeArguments().length == 1);
  }
}
