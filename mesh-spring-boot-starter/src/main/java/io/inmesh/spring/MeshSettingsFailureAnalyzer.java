package io.inmesh.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in Boot's form why the application cannot join the mesh, and what to do. */
final class MeshSettingsFailureAnalyzer extends AbstractFailureAnalyzer<MeshSettingsException> {
  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, MeshSettingsException cause) {
    return new FailureAnalysis(
        "The application cannot join the mesh: " + cause.getMessage(),
        "Correct the setting (in application.properties it is inmesh.<name>), or set"
            + " inmesh.enabled=false to run without the mesh.",
        cause);
  }
}
