package io.inmesh.server;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows of the control server: files and registry → model → xDS, admin pages on top. */
@AnalyzeClasses(packages = "io.inmesh.server", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  /**
   * But for the validation of tokens, which processes may join with. That the class path has none
   * of grpc-xds is the enforcer's part.
   */
  @ArchTest
  static final ArchRule server_knowsNoDataPlane =
      noClasses()
          .should()
          .dependOnClassesThat(
              resideOutsideOfPackage("io.inmesh.filter.jwt")
                  .and(
                      resideInAnyPackage(
                          "io.grpc.xds..",
                          "io.inmesh.call..",
                          "io.inmesh.filter..",
                          "io.inmesh.route..",
                          "io.inmesh.balance..",
                          "io.inmesh.resilience..",
                          "io.inmesh.xds..",
                          "io.inmesh.http..",
                          "io.inmesh.grpc..",
                          "io.inmesh.spring..",
                          "org.springframework..")));

  @ArchTest
  static final ArchRule config_knowsNothingAboveIt =
      knowsNot("config", "registry", "compile", "ads", "ca", "admin", "cli");

  @ArchTest
  static final ArchRule registry_knowsNothingAboveIt =
      knowsNot("registry", "config", "compile", "ads", "ca", "admin", "cli");

  @ArchTest
  static final ArchRule compile_knowsNothingAboveIt =
      knowsNot("compile", "ads", "ca", "admin", "cli");

  @ArchTest
  static final ArchRule ads_knowsResourcesOnly =
      knowsNot("ads", "config", "registry", "compile", "ca", "admin", "cli");

  @ArchTest
  static final ArchRule ca_knowsNothingOfTheMesh =
      knowsNot("ca", "registry", "compile", "ads", "admin", "cli");

  @ArchTest static final ArchRule admin_knowsNothingAboveIt = knowsNot("admin", "cli");

  private static ArchRule knowsNot(String name, String... others) {
    String[] packages = new String[others.length + 1];
    packages[0] = "io.inmesh.server";
    for (int i = 0; i < others.length; i++) {
      packages[i + 1] = "io.inmesh.server." + others[i] + "..";
    }
    return noClasses()
        .that()
        .resideInAPackage("io.inmesh.server." + name + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages);
  }
}
