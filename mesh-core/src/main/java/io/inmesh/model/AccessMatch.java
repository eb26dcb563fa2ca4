package io.inmesh.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A condition on a request and on who sent it. */
public sealed interface AccessMatch {
  /** Every request. */
  record Always() implements AccessMatch {}

  /** All parts hold; true of none. */
  record All(List<AccessMatch> parts) implements AccessMatch {
    public All {
      parts = List.copyOf(parts);
    }
  }

  /** Some part holds; false of none. */
  record AnyOf(List<AccessMatch> parts) implements AccessMatch {
    public AnyOf {
      parts = List.copyOf(parts);
    }
  }

  /** The part does not hold. */
  record Not(AccessMatch part) implements AccessMatch {}

  /** A header or pseudo-header. */
  record Header(HeaderMatch header) implements AccessMatch {}

  /** The normalised path, without query and path parameters. */
  record Path(StringMatch path) implements AccessMatch {}

  /**
   * The same by a template: {@code *} is one or more characters of a segment, {@code **}, which may
   * be there once and after every {@code *}, any number of any.
   */
  record PathTemplate(String template) implements AccessMatch {}

  /** The identity the peer proved; null: any. A peer without one never matches. */
  record Identity(@Nullable StringMatch name) implements AccessMatch {}

  /** The other end of the connection. */
  record PeerIp(Cidr range) implements AccessMatch {}

  /** The original sender, as an authenticated peer reports it; else the connection's other end. */
  record RemoteIp(Cidr range) implements AccessMatch {}

  /** The address of this process that was connected to. */
  record LocalIp(Cidr range) implements AccessMatch {}

  /** The port of this process that was connected to, both bounds included. */
  record LocalPort(int first, int last) implements AccessMatch {}

  /** The server name of the TLS handshake; empty for plaintext. */
  record ServerName(StringMatch name) implements AccessMatch {}

  /**
   * What an earlier filter of the chain left, such as the claims of a token.
   *
   * @param filter that left it
   * @param path through nested maps
   * @param value what is to be there
   * @param invert the condition holds when {@code value} does not
   */
  record Metadata(String filter, List<String> path, ValueMatch value, boolean invert)
      implements AccessMatch {
    public Metadata {
      path = List.copyOf(path);
    }
  }
}
