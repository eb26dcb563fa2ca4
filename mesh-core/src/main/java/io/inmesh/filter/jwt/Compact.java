package io.inmesh.filter.jwt;

/**
 * A token as a key of a table. Its last characters are those of its signature, which differ between
 * any two tokens, so that a look-up need not go through all of it before it compares.
 */
record Compact(String token) {
  private static final int DISTINCT = 16;

  @Override
  public int hashCode() {
    int hash = token.length();
    for (int i = Math.max(0, token.length() - DISTINCT); i < token.length(); i++) {
      hash = 31 * hash + token.charAt(i);
    }
    return hash;
  }
}
