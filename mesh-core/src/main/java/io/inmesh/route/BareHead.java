package io.inmesh.route;

import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.model.PathMatch;

/**
 * A request whose path has no parameters and no needless escapes. Routes and descriptors decide
 * which policies apply, and applications take {@code /admin;x=1} for {@code /admin}. Confined to
 * the call; changes nothing.
 */
public final class BareHead implements RequestHead {
  private final RequestHead head;
  private final String path;

  private BareHead(RequestHead head) {
    this.head = head;
    String whole = head.path();
    int query = whole.indexOf('?');
    this.path = CanonicalPath.comparable(whole) + (query < 0 ? "" : whole.substring(query));
  }

  /** The same head if its path is bare, as most are, or is gRPC's: that is taken to the letter. */
  public static RequestHead of(RequestHead head) {
    return head.kind() == Kind.GRPC || CanonicalPath.isComparable(head.path())
        ? head
        : new BareHead(head);
  }

  /** A route's path in the letters of such a head; expressions are taken to the letter. */
  public static PathMatch named(PathMatch match) {
    if (match instanceof PathMatch.Exact exact) {
      return new PathMatch.Exact(CanonicalPath.comparable(exact.path()), exact.caseSensitive());
    }
    if (match instanceof PathMatch.Prefix prefix) {
      return new PathMatch.Prefix(
          CanonicalPath.comparable(prefix.prefix()), prefix.caseSensitive());
    }
    if (match instanceof PathMatch.SegmentPrefix prefix) {
      return new PathMatch.SegmentPrefix(
          CanonicalPath.comparable(prefix.prefix()), prefix.caseSensitive());
    }
    return match;
  }

  @Override
  public Kind kind() {
    return head.kind();
  }

  @Override
  public String method() {
    return head.method();
  }

  @Override
  public String scheme() {
    return head.scheme();
  }

  @Override
  public String authority() {
    return head.authority();
  }

  @Override
  public void authority(String authority) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public void path(String changed) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Headers headers() {
    return head.headers();
  }
}
