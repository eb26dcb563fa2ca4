package io.inmesh.http.netty;

import io.inmesh.call.BodyStart;
import io.inmesh.call.RequestHead;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The one representation of a request head in this module. Confined to its call. */
public final class HttpHead implements RequestHead {
  private final String method;
  private final String scheme;
  private String authority;
  private String path;
  private final Fields fields;
  private @Nullable BodySource bodies;

  /** Where the body of a request that arrives can be looked at. */
  @FunctionalInterface
  public interface BodySource {
    /** How it begins. */
    CompletionStage<BodyStart> start(int limit);
  }

  /**
   * A head.
   *
   * @param method a token
   * @param scheme {@code http} or {@code https}
   * @param authority host and optional port
   * @param path path and query
   * @param fields lower-case names; kept, not copied
   */
  public HttpHead(String method, String scheme, String authority, String path, Fields fields) {
    this.method = method;
    this.scheme = scheme;
    this.authority = authority;
    this.path = path;
    this.fields = fields;
  }

  @Override
  public Kind kind() {
    return Kind.HTTP;
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
  public void authority(String authority) {
    this.authority = FieldSyntax.checkTarget(authority);
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public void path(String path) {
    this.path = FieldSyntax.checkTarget(path);
  }

  @Override
  public Fields headers() {
    return fields;
  }

  @Override
  public @Nullable CompletionStage<BodyStart> body(int limit) {
    return bodies == null ? null : bodies.start(limit);
  }

  /** The body follows there. */
  public void bodies(BodySource source) {
    bodies = source;
  }

  /** An independent copy. */
  public HttpHead copy() {
    return new HttpHead(method, scheme, authority, path, fields.copy());
  }

  /** Without the query, which may hold secrets. */
  @Override
  public String toString() {
    int query = path.indexOf('?');
    return method + " " + authority + (query < 0 ? path : path.substring(0, query));
  }
}
