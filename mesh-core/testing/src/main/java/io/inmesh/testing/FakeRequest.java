package io.inmesh.testing;

import io.inmesh.call.RequestHead;

/** A request head of plain fields. Confined to one thread. */
public final class FakeRequest implements RequestHead {
  private final Kind kind;
  private final String method;
  private final String scheme;
  private final FakeHeaders headers;
  private String authority;
  private String path;

  private FakeRequest(
      Kind kind, String method, String scheme, String authority, String path, FakeHeaders headers) {
    this.kind = kind;
    this.method = method;
    this.scheme = scheme;
    this.authority = authority;
    this.path = path;
    this.headers = headers;
  }

  /** {@code GET http://authority/path} with header names and values. */
  public static FakeRequest get(String authority, String path, String... headers) {
    return http("GET", authority, path, headers);
  }

  /** An HTTP request with any method. */
  public static FakeRequest http(String method, String authority, String path, String... headers) {
    return new FakeRequest(Kind.HTTP, method, "http", authority, path, FakeHeaders.of(headers));
  }

  /** The same request by {@code https}. */
  public FakeRequest overTls() {
    return new FakeRequest(kind, method, "https", authority, path, headers);
  }

  /** A gRPC call to {@code /package.Service/Method}. */
  public static FakeRequest grpc(String authority, String method, String... headers) {
    return new FakeRequest(Kind.GRPC, "POST", "http", authority, method, FakeHeaders.of(headers));
  }

  @Override
  public Kind kind() {
    return kind;
  }

  @Override
  public String method() {
    return method;
  }

  @Override
  public String scheme() {
    return scheme;
  }

  @Override
  public String authority() {
    return authority;
  }

  @Override
  public void authority(String value) {
    authority = value;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public void path(String value) {
    path = value;
  }

  @Override
  public FakeHeaders headers() {
    return headers;
  }
}
