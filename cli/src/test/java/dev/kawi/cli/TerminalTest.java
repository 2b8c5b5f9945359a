package dev.kawi.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.kawi.model.random.RandomModel;
import dev.kawi.model.random.RandomShape;
import dev.kawi.tensor.StorageType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What only a terminal shows: commands in a process of their own on a pseudo-terminal, which the
/// `script` of the system opens.
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "script is a program of Unix")
@Timeout(600)
class TerminalTest {
  @TempDir private Path home;

  /// A command on a terminal.
  private final class Session implements AutoCloseable {
    private final Process process;
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
    private final Thread reader;

    Session(Map<String, String> variables, String... args) throws IOException {
      List<String> java = new ArrayList<>();
      java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      java.addAll(List.of("--add-modules=jdk.incubator.vector", "-XX:TieredStopAtLevel=1"));
      java.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Duser.home=" + home));
      java.addAll(List.of("-Dkawi.tty=in,out,err", "-cp", System.getProperty("java.class.path")));
      java.add(Kawi.class.getName());
      java.addAll(List.of(args));
      ProcessBuilder builder = new ProcessBuilder(onTerminal(java));
      builder.environment().put("TERM", "xterm");
      builder.environment().remove("XDG_STATE_HOME");
      builder.environment().putAll(variables);
      process = builder.redirectErrorStream(true).start();
      reader = Thread.ofVirtual().start(this::read);
    }

    private static List<String> onTerminal(List<String> command) {
      if (OS.MAC.isCurrentOs()) {
        List<String> all = new ArrayList<>(List.of("script", "-q", "/dev/null"));
        all.addAll(command);
        return all;
      }
      String line =
          command.stream()
              .map(word -> "'" + word.replace("'", "'\\''") + "'")
              .collect(Collectors.joining(" "));
      return List.of("script", "-qec", line, "/dev/null");
    }

    private void read() {
      try {
        process.getInputStream().transferTo(shown);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void type(String text) throws IOException {
      process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    }

    void await(String text) throws InterruptedException {
      while (!text().contains(text)) {
        assertTrue(process.isAlive(), "ended without '" + text + "': " + text());
        Thread.sleep(5);
      }
    }

    /// All that was on the terminal, when the command has ended well.
    String shown() throws InterruptedException {
      assertEquals(0, process.waitFor(), this::text);
      reader.join();
      return text();
    }

    private String text() {
      return shown.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  private Path model() throws IOException {
    Path model = home.resolve("model.gguf");
    new RandomModel(RandomShape.named("tiny-qwen2"), StorageType.F32, 3).write(model);
    return model;
  }

  @Test
  void chat_keepsWhatWasTypedAhead() throws Exception {
    Path saved = home.resolve("saved.json");
    String[] args = {"chat", model().toString(), "-n", "3", "-s", "1", "--no-stats"};
    try (Session session = new Session(Map.of(), args)) {
      session.type("One\nTwo\n");
      session.await("talking with");
      session.type("Three\n/save " + saved + "\n/bye\n");
      String shown = session.shown();
      assertFalse(shown.contains("tok/s"), shown);
    }
    JsonNode messages = JsonMapper.shared().readTree(Files.readString(saved));
    List<String> said =
        messages
            .valueStream()
            .filter(m -> m.get("role").asString().equals("user"))
            .map(m -> m.get("content").asString())
            .toList();
    assertEquals(List.of("One", "Two", "Three"), said);
  }

  @Test
  void login_doesNotShowWhatIsPasted_andKeepsIt() throws Exception {
    HttpServer hub =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    hub.createContext(
        "/",
        exchange -> {
          byte[] answer = "{\"name\": \"lily\"}".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    hub.start();
    Path kept = home.resolve("token");
    Map<String, String> variables =
        Map.of(
            "HF_ENDPOINT",
            "http://127.0.0.1:" + hub.getAddress().getPort(),
            "HF_TOKEN_PATH",
            kept.toString(),
            "KAWI_CONNECT_TIMEOUT",
            "60");
    try (Session session = new Session(variables, "login", "huggingface")) {
      session.await("it is not shown");
      session.type("hf_secret\n");
      String shown = session.shown();
      assertTrue(shown.contains("logged in to Hugging Face as lily"), shown);
      assertFalse(shown.contains("hf_secret"), shown);
    } finally {
      hub.stop(0);
    }
    assertEquals("hf_secret", Files.readString(kept));
  }

  @Test
  void speed_isSaidOnATerminal_unlessItIsNotWanted() throws IOException {
    String[] args = {"generate", model().toString(), "a", "-n", "2"};
    String[] quiet = {"generate", model().toString(), "a", "-n", "2", "--no-stats"};
    Console.Terminal terminal = new Console.Terminal(false, false, true);
    assertTrue(CommandLineRun.on(terminal, "", args).err().contains("tok/s"));
    CommandLineRun run = CommandLineRun.on(terminal, "", quiet);
    assertEquals(0, run.exitCode(), run.err());
    assertFalse(run.err().contains("tok/s"), run.err());
    assertEquals("", CommandLineRun.of(args).err());
  }
}
