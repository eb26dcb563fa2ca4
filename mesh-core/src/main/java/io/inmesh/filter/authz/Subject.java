package io.inmesh.filter.authz;

import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.filter.FilterCall;
import io.inmesh.identity.SpiffeId;
import io.inmesh.route.CanonicalPath;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** One request, as conditions ask about it. Confined to the call. */
final class Subject {
  final FilterCall call;
  final RequestHead head;
  final @Nullable Peer peer;
  private final String path;
  private byte @Nullable [] remoteIp;

  Subject(FilterCall call) {
    this.call = call;
    this.head = call.request();
    this.peer = call.peer();
    // A gRPC method is compared as it is dispatched: to the letter.
    this.path =
        head.kind() == RequestHead.Kind.GRPC ? head.path() : CanonicalPath.comparable(head.path());
  }

  String path() {
    return path;
  }

  @Nullable SpiffeId identity() {
    return peer == null ? null : peer.identity();
  }

  String serverName() {
    String name = peer == null ? null : peer.serverName();
    return name == null ? "" : name;
  }

  /** Of the connection's other end; null: it has none. */
  byte @Nullable [] peerIp() {
    return peer == null ? null : bytes(peer.address());
  }

  byte @Nullable [] localIp() {
    return peer == null || peer.local() == null ? null : bytes(peer.local());
  }

  /** The port that was connected to; -1: unknown. */
  int localPort() {
    InetSocketAddress local = peer == null ? null : peer.local();
    return local == null ? -1 : local.getPort();
  }

  /** Of the original sender. */
  byte @Nullable [] remoteIp() {
    if (remoteIp == null) {
      byte[] forwarded = identity() == null ? null : ForwardedFor.last(head.headers());
      remoteIp = forwarded == null ? peerIp() : forwarded;
    }
    return remoteIp;
  }

  private static byte @Nullable [] bytes(SocketAddress address) {
    return address instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress().getAddress()
        : null;
  }
}
