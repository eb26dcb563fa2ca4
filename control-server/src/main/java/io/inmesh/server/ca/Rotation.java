package io.inmesh.server.ca;

import io.inmesh.identity.SpiffeId;
import java.util.List;

/**
 * The steps that replace a root without an outage: prepare, activate, taint, revoke. Each is
 * refused while connected clients are not ready for it, unless it is forced. Thread-safe.
 */
public final class Rotation {
  /**
   * An authority, for people.
   *
   * @param id names it
   * @param phase of its life
   * @param pin of its root
   * @param signerExpires when it can sign no more
   * @param rootExpires when nobody believes it any more
   */
  public record Status(
      String id, String phase, String pin, String signerExpires, String rootExpires) {}

  private final CertificateAuthority authority;
  private final Acknowledgements clients;
  private final AuditLog audit;

  Rotation(CertificateAuthority authority, Acknowledgements clients, AuditLog audit) {
    this.authority = authority;
    this.clients = clients;
    this.audit = audit;
  }

  /** All authorities, oldest first. */
  public List<Status> status() {
    return authority.authorities().stream()
        .map(
            known ->
                new Status(
                    known.id(),
                    known.phase().name(),
                    Authority.pin(known.root()),
                    known.expires().toString(),
                    known.root().getNotAfter().toInstant().toString()))
        .toList();
  }

  /** How many clients' acknowledgements are looked at. */
  public int clients() {
    return clients.size();
  }

  /**
   * Makes a new root that is trusted but does not sign.
   *
   * @return its id
   */
  public String prepare() throws CaException {
    return noted(authority.prepare());
  }

  /**
   * The same, of a root whose key somebody else keeps.
   *
   * @param root PEM
   * @param certificate PEM, by the root for the key of the last {@link #request}
   * @return its id
   */
  public String prepare(String root, String certificate) throws CaException {
    return noted(authority.prepare(root, certificate));
  }

  private String noted(Authority prepared) {
    audit.note("ca prepared", "authority", prepared.id());
    return prepared.id();
  }

  /** Lets a prepared root sign, when every connected client trusts it. */
  public void activate(String id, boolean force) throws CaException {
    gate(clients.behind(authority.trust().sequence()), force);
    authority.activate(id);
    audit.note("ca activated", "authority", id, "forced", force ? "true" : "");
  }

  /** Has the certificates of an old root replaced now. */
  public void taint(String id, boolean force) throws CaException {
    gate(clients.behind(authority.trust().sequence()), force);
    authority.taint(id);
    audit.note("ca tainted", "authority", id, "forced", force ? "true" : "");
  }

  /** Ends the trust in a root, when no connected client uses a certificate of it. */
  public void revoke(String id, boolean force) throws CaException {
    gate(clients.using(id), force);
    authority.revoke(id);
    audit.note("ca revoked", "authority", id, "forced", force ? "true" : "");
  }

  /** Begins to replace the certificate that signs, under its root or another one. */
  public SignerRequest request() throws CaException {
    return authority.requestSigner();
  }

  /**
   * Signs with another certificate under the same root from now on.
   *
   * @param certificate PEM, for the key of the last {@link #request}
   */
  public void renew(String certificate) throws CaException {
    authority.renewSigner(certificate);
    Authority active = authority.active();
    audit.note("ca renewed", "authority", active.id(), "until", active.expires().toString());
  }

  private static void gate(String why, boolean force) throws CaException {
    if (!why.isEmpty() && !force) {
      throw new CaException(why + "; wait for them, or force the step and cut them off");
    }
  }

  /** Refuses an identity everywhere from now on. */
  public void ban(SpiffeId id) throws CaException {
    authority.ban(id);
    audit.note("banned", "identity", id.toString());
  }

  /** Lets an identity in again. */
  public void unban(SpiffeId id) throws CaException {
    authority.unban(id);
    audit.note("unbanned", "identity", id.toString());
  }
}
