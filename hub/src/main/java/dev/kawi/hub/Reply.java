package dev.kawi.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.util.zip.GZIPInputStream;

/// An answer, whose body the caller closes.
///
/// @param statusCode such as 200
/// @param headers as they came
/// @param body its bytes; what a server or a proxy has compressed unasked is decompressed
record Reply(int statusCode, HttpHeaders headers, InputStream body) {
  static Reply of(HttpResponse<InputStream> response) throws IOException {
    InputStream body = response.body();
    if (isCompressed(response.headers())) {
      body = new GZIPInputStream(body);
    }
    return new Reply(response.statusCode(), response.headers(), body);
  }

  private static boolean isCompressed(HttpHeaders headers) {
    return headers
        .firstValue("Content-Encoding")
        .filter(encoding -> encoding.equalsIgnoreCase("gzip") || encoding.equals("x-gzip"))
        .isPresent();
  }

  /// Whether the body was compressed, so that offsets in it are not those of the file.
  boolean wasCompressed() {
    return isCompressed(headers);
  }
}
