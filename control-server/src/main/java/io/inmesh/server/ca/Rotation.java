package io.inmesh.server.ca;

import io.inmesh.identity.SpiffeId;
import java.lang.System.Logger.Level;
import java.util.List;

/**
 * The steps that replace a root without an outage: prepare, activate, taint, revoke. Each is
 * refused while connected clients are not ready for it, unless it is forced or they have been late
 * for too long. Thread-safe.
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

  /**
   * A client that owes something: to put the present trust into force, or to replace its
   * certificate.
   *
   * @param client who, and from where
   * @param since when it began to
   * @param waitedFor until when steps wait for it
   */
  public record Late(String client, String since, String waitedFor) {}

  private static final System.Logger LOG = System.getLogger(Rotation.class.getName());

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

  /** The clients that are behind, by name. */
  public List<Late> late() {
    return clients.late();
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
    note("ca activated", id, force);
  }

  /** Has the certificates of an old root replaced now. */
  public void taint(String id, boolean force) throws CaException {
    gate(clients.behind(authority.trust().sequence()), force);
    authority.taint(id);
    note("ca tainted", id, force);
  }

  /** Ends the trust in a root, when no connected client uses a certificate of it. */
  public void revoke(String id, boolean force) throws CaException {
    gate(clients.using(id), force);
    authority.revoke(id);
    note("ca revoked", id, force);
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

  private void note(String what, String id, boolean force) {
    String left = clients.givenUp();
    if (!left.isEmpty()) {
      LOG.log(Level.WARNING, "{0} ({1}): {2}; they may be cut off", what, id, left);
    }
    audit.note(what, "authority", id, "forced", force ? "true" : "", "leftBehind", left);
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
