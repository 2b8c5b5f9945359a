package dev.kawi.hub;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/// Which certificates are trusted.
final class Trust {
  private Trust() {}

  /// Trusts what Java trusts, and the certificates of a PEM file.
  ///
  /// @throws IllegalArgumentException if the file has none
  static SSLContext with(Path file) {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int count = 0;
      for (Certificate certificate : certificates(file)) {
        store.setCertificateEntry("given-" + count++, certificate);
      }
      for (X509Certificate certificate : javaTrusts()) {
        store.setCertificateEntry("java-" + count++, certificate);
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, factory.getTrustManagers(), null);
      return context;
    } catch (NoSuchFileException e) {
      throw wrong(file, "there is no such file", e);
    } catch (IOException | GeneralSecurityException e) {
      throw wrong(file, String.valueOf(e.getMessage()), e);
    }
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws IOException, CertificateException {
    byte[] bytes = Files.readAllBytes(file);
    Collection<? extends Certificate> certificates =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(bytes));
    if (certificates.isEmpty()) {
      throw new CertificateException("it has no certificate");
    }
    return certificates;
  }

  private static IllegalArgumentException wrong(Path file, String found, Exception cause) {
    return new IllegalArgumentException(
        ("SSL_CERT_FILE (or REQUESTS_CA_BUNDLE) must name a file of certificates in PEM, found %s:"
                + " %s")
            .formatted(file, found),
        cause);
  }

  private static List<X509Certificate> javaTrusts() throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        return List.of(x509.getAcceptedIssuers());
      }
    }
    return List.of();
  }

  /// Why a handshake failed, as far down as it is told.
  static String reason(SSLHandshakeException e) {
    Throwable reason = e;
    while (reason.getCause() != null) {
      reason = reason.getCause();
    }
    return reason.getMessage() == null ? reason.getClass().getSimpleName() : reason.getMessage();
  }
}
