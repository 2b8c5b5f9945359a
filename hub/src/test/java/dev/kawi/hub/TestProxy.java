package dev.kawi.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

// How it works. A client that wants HTTPS says CONNECT HOST:PORT; from its answer on, bytes go both
// ways unread. Whatever host is named, the port of this machine is what is connected to, so that
// tests can use names that no resolver knows: who reaches them went through the proxy.

/// A proxy on this machine that opens tunnels and remembers for whom.
final class TestProxy implements AutoCloseable {
  private static final int HEAD_BYTES = 1 << 14;

  private final ServerSocket server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final String login;

  private TestProxy(String login) throws IOException {
    this.login = login;
    server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
  }

  /// A proxy for everybody.
  static TestProxy open() {
    return asking("");
  }

  /// A proxy for who has this `NAME:PASSWORD`; all others get 407.
  static TestProxy asking(String login) {
    try {
      TestProxy proxy = new TestProxy(login);
      proxy.threads.execute(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Its address.
  URI address() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  /// First lines of the requests, without those that were made twice.
  List<String> asked() {
    return asked.stream().distinct().toList();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        threads.execute(() -> serve(client));
      }
    } catch (IOException e) {
      // It was closed.
    }
  }

  private void serve(Socket client) {
    try (client) {
      String head = head(client.getInputStream());
      if (head.isEmpty()) {
        return; // a look whether the port takes connections
      }
      String line = head.lines().findFirst().orElseThrow();
      asked.add(line);
      OutputStream out = client.getOutputStream();
      if (isLetIn(head)) {
        say(out, "200 Connection established", "Via: a test");
        int port = Integer.parseInt(line.replaceFirst("CONNECT \\S+:(\\d+) .*", "$1"));
        tunnel(client, new Socket(InetAddress.getLoopbackAddress(), port));
      } else {
        say(out, "407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=x");
      }
    } catch (IOException e) {
      // One of the two has closed the connection.
    }
  }

  private boolean isLetIn(String head) {
    String told = Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    return login.isEmpty()
        || head.lines().anyMatch(l -> l.equalsIgnoreCase("Proxy-Authorization: Basic " + told));
  }

  private static void say(OutputStream out, String status, String header) throws IOException {
    String text = "HTTP/1.1 %s\r\n%s\r\nContent-Length: 0\r\n\r\n".formatted(status, header);
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private void tunnel(Socket client, Socket origin) throws IOException {
    try (origin) {
      threads.execute(() -> copy(client, origin));
      origin.getInputStream().transferTo(client.getOutputStream());
    }
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException e) {
      // One of the two has closed the connection.
    }
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (head.size() < HEAD_BYTES
        && !head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        break;
      }
      head.write(next);
    }
    return head.toString(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }
}
