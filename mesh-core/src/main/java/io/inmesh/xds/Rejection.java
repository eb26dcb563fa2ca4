package io.inmesh.xds;

/** A resource that is not accepted: where and why. The previous version stays in use. */
public final class Rejection extends Exception {
  private static final long serialVersionUID = 1L;

  private final String path;
  private final String why;

  Rejection(FieldPath path, String why) {
    super(path + ": " + why, null, false, false);
    this.path = path.toString();
    this.why = why;
  }

  /** The field, from the resource's root, as in {@code virtual_hosts[0].routes[1].match}. */
  public String path() {
    return path;
  }

  /** What is wrong with it. */
  public String why() {
    return why;
  }
}
