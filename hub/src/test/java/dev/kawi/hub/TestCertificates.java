package dev.kawi.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// An authority that nobody knows, and a server's certificate that it has signed: what a company's
/// network shows. Made by the JDK's `keytool`.
///
/// @param authority the authority's certificate, in PEM
/// @param context with the server's certificate and key
record TestCertificates(Path authority, SSLContext context) {
  private static final String PASSWORD = "changeit";

  /// Makes them in a folder, for this machine and for these further names of the server.
  static TestCertificates in(Path folder, String... names) throws IOException {
    Path store = folder.resolve("keys.p12");
    Path authority = folder.resolve("authority.pem");
    String alternatives = "dns:localhost,ip:127.0.0.1";
    for (String name : names) {
      alternatives += ",dns:" + name;
    }
    keytool(store, "-genkeypair", "-alias", "ca", "-dname", "CN=Test CA", "-ext", "bc:c");
    keytool(
        store,
        "-genkeypair",
        "-alias",
        "hub",
        "-dname",
        "CN=Test hub",
        "-signer",
        "ca",
        "-ext",
        "san=" + alternatives);
    keytool(store, "-exportcert", "-rfc", "-alias", "ca", "-file", authority.toString());
    // As bundles of authorities have it: remarks between the certificates.
    Files.writeString(authority, "# Issuer: CN=Test CA\n\n" + Files.readString(authority));
    return new TestCertificates(authority, context(store));
  }

  private static void keytool(Path store, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
    if (command.contains("-genkeypair")) {
      command.addAll(List.of("-keyalg", "EC", "-validity", "2"));
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static SSLContext context(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore all = KeyStore.getInstance("PKCS12");
      all.load(in, PASSWORD.toCharArray());
      all.deleteEntry("ca");
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(all, PASSWORD.toCharArray());
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }
}
