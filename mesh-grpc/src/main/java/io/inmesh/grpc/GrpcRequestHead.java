package io.inmesh.grpc;

import io.grpc.Metadata;
import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import java.util.concurrent.ConcurrentHashMap;

/** A gRPC request's head, and its headers, in one object. */
class GrpcRequestHead extends MetadataHeaders implements RequestHead {
  /** {@code /service/method} by full method name; methods are few. */
  private static final ConcurrentHashMap<String, String> PATHS = new ConcurrentHashMap<>();

  private static final int MAX_PATHS = 2048;

  private final String scheme;
  private String authority;
  private String path;

  GrpcRequestHead(String scheme, String authority, String fullMethodName, Metadata metadata) {
    super(metadata);
    this.scheme = scheme;
    this.authority = authority;
    this.path = pathOf(fullMethodName);
  }

  private GrpcRequestHead(GrpcRequestHead of) {
    super(new Metadata());
    metadata().merge(of.metadata());
    this.scheme = of.scheme;
    this.authority = of.authority;
    this.path = of.path;
  }

  /** With fields of its own. */
  GrpcRequestHead copy() {
    return new GrpcRequestHead(this);
  }

  static String pathOf(String fullMethodName) {
    String path = PATHS.get(fullMethodName);
    if (path == null) {
      path = "/" + fullMethodName;
      if (PATHS.size() < MAX_PATHS) {
        PATHS.put(fullMethodName, path);
      }
    }
    return path;
  }

  @Override
  public Kind kind() {
    return Kind.GRPC;
  }

  @Override
  public String method() {
    return "POST";
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
  public void authority(String authority) {
    this.authority = authority;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public void path(String path) {
    this.path = path;
  }

  @Override
  public Headers headers() {
    return this;
  }
}
