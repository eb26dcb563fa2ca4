package io.inmesh.spring;

/** The settings of the mesh are incomplete or wrong; the application does not start. */
final class MeshSettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MeshSettingsException(IllegalArgumentException cause) {
    super(cause.getMessage(), cause);
  }
}
