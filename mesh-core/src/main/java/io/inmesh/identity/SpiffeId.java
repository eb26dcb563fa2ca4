package io.inmesh.identity;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The name of a workload: {@code spiffe://<trust domain>/<path>}, in the mesh {@code
 * spiffe://<trust domain>/ns/<namespace>/sa/<service account>}. Immutable.
 *
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md">SPIFFE-ID</a>
 */
public final class SpiffeId {
  private static final String SCHEME = "spiffe://";

  /** Of the control server; nobody joins it. */
  public static final String SYSTEM_NAMESPACE = "inmesh-system";

  private static final int MAX_LENGTH = 2048;
  private static final int MAX_TRUST_DOMAIN = 255;
  private static final Integer URI_NAME = 6;

  private final String text;
  private final String trustDomain;
  private final @Nullable String namespace;
  private final @Nullable String serviceAccount;

  private SpiffeId(String text, String trustDomain) {
    this.text = text;
    this.trustDomain = trustDomain;
    String[] path = path().split("/", -1);
    boolean mesh = path.length == 5 && path[1].equals("ns") && path[3].equals("sa");
    namespace = mesh ? path[2] : null;
    serviceAccount = mesh ? path[4] : null;
  }

  /**
   * Reads one, strictly as the standard says: lower-case trust domain, no empty, {@code .} or
   * {@code ..} segment, no port, query, fragment or percent-encoding.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static SpiffeId parse(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("a SPIFFE ID has at most 2048 characters");
    }
    if (!text.startsWith(SCHEME)) {
      throw bad(text, "must begin with spiffe://");
    }
    int slash = text.indexOf('/', SCHEME.length());
    String domain = text.substring(SCHEME.length(), slash < 0 ? text.length() : slash);
    checkTrustDomain(domain, text);
    if (slash >= 0) {
      for (String segment : text.substring(slash + 1).split("/", -1)) {
        checkSegment(segment, text);
      }
    }
    return new SpiffeId(text, domain);
  }

  /**
   * The name of a workload of the mesh.
   *
   * @throws IllegalArgumentException if a part cannot be in one
   */
  public static SpiffeId of(String trustDomain, String namespace, String serviceAccount) {
    return parse(SCHEME + trustDomain + "/ns/" + namespace + "/sa/" + serviceAccount);
  }

  /**
   * The name in a certificate: its only URI name. Says nothing about whether it can be trusted.
   *
   * @throws CertificateException if there is none, more than one, or a malformed one
   */
  public static SpiffeId of(X509Certificate certificate) throws CertificateException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    String found = null;
    for (List<?> name : names == null ? List.<List<?>>of() : names) {
      if (URI_NAME.equals(name.get(0))) {
        if (found != null) {
          throw new CertificateException("the certificate has more than one URI name");
        }
        found = String.valueOf(name.get(1));
      }
    }
    if (found == null) {
      throw new CertificateException("the certificate has no SPIFFE ID");
    }
    try {
      return parse(found);
    } catch (IllegalArgumentException e) {
      throw new CertificateException(e.getMessage(), e);
    }
  }

  /**
   * Checks the name of a trust domain.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static String trustDomain(String name) {
    checkTrustDomain(name, name);
    return name;
  }

  private static void checkTrustDomain(String domain, String text) {
    if (domain.isEmpty() || domain.length() > MAX_TRUST_DOMAIN) {
      throw bad(text, "the trust domain must have 1 to 255 characters");
    }
    for (int i = 0; i < domain.length(); i++) {
      char c = domain.charAt(i);
      if (!(c >= 'a' && c <= 'z') && !digit(c) && c != '.' && c != '-' && c != '_') {
        throw bad(text, "the trust domain may have a-z, 0-9, '.', '-' and '_'");
      }
    }
  }

  private static void checkSegment(String segment, String text) {
    if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
      throw bad(text, "no segment of the path may be empty, '.' or '..'");
    }
    for (int i = 0; i < segment.length(); i++) {
      char c = segment.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !digit(c) && c != '.' && c != '-' && c != '_') {
        throw bad(text, "the path may have letters, digits, '.', '-' and '_'");
      }
    }
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }

  private static IllegalArgumentException bad(String text, String why) {
    String shown = text.length() > 200 ? text.substring(0, 200) + "…" : text;
    return new IllegalArgumentException("'" + shown + "' is no SPIFFE ID: " + why);
  }

  /** Whom the name belongs to. */
  public String trustDomain() {
    return trustDomain;
  }

  /** What follows the trust domain, with its leading slash; may be empty. */
  public String path() {
    return text.substring(SCHEME.length() + trustDomain.length());
  }

  /** The namespace; null if the path is not {@code /ns/…/sa/…}. */
  public @Nullable String namespace() {
    return namespace;
  }

  /** The service account; null if the path is not {@code /ns/…/sa/…}. */
  public @Nullable String serviceAccount() {
    return serviceAccount;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SpiffeId that && that.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** The URI, ready-made. */
  @Override
  public String toString() {
    return text;
  }
}
