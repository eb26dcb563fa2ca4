package io.inmesh.server.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How callers secure connections to a destination: Istio's {@code ClientTLSSettings}, or what a
 * BackendTLSPolicy says.
 *
 * @param mode what is spoken
 * @param sni sent in the handshake; null: the host
 * @param names of which the server's certificate must have one; empty: the host
 * @param roots whom the certificate must lead to; without meaning between mesh peers
 * @param credential what callers show, by the name that each of them gives it; null: nothing
 * @param provenance where it is written
 */
public record ClientTls(
    Mode mode,
    @Nullable String sni,
    List<Name> names,
    Roots roots,
    @Nullable String credential,
    Provenance provenance) {
  /** Copies the list. */
  public ClientTls {
    names = List.copyOf(names);
  }

  /** What is spoken. */
  public enum Mode {
    /** Plaintext. */
    DISABLE,
    /** TLS to something outside the mesh, without a certificate of the caller. */
    SIMPLE,
    /** TLS to something outside the mesh, with a certificate that the caller's application has. */
    MUTUAL,
    /** Mutual TLS between mesh peers. */
    ISTIO_MUTUAL
  }

  /** The types of names in certificates. */
  public enum NameType {
    DNS,
    URI,
    IP
  }

  /**
   * A name in a certificate.
   *
   * @param text a host name is also found in a certificate for {@code *.} and the rest of it
   */
  public record Name(NameType type, String text) {
    /** Of the type that it looks like, as Istio's list of names does not say. */
    public static Name of(String text) {
      return new Name(
          text.contains("://") ? NameType.URI : Formats.isIp(text) ? NameType.IP : NameType.DNS,
          text);
    }
  }

  /** Whom a server's certificate must lead to. */
  public sealed interface Roots {
    /** Those of the caller's system. */
    record OfSystem() implements Roots {}

    /** Those that the caller's application has beside the certificate, else the system's. */
    record OfCredential() implements Roots {}

    /** Certificates in PEM. */
    record Pem(String text) implements Roots {}

    /** Those in ConfigMaps of a namespace, under {@code ca.crt}. */
    record Named(String namespace, List<String> names) implements Roots {
      /** Copies the list. */
      public Named {
        names = List.copyOf(names);
      }
    }

    /** Nobody can be believed, so nobody is called. */
    record Missing(String why) implements Roots {}
  }

  /** The same with other roots. */
  public ClientTls with(Roots found) {
    return new ClientTls(mode, sni, names, found, credential, provenance);
  }
}
