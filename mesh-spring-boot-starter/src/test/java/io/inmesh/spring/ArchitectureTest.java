package io.inmesh.spring;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows of the starter, seen with all libraries at hand. */
@AnalyzeClasses(packages = "io.inmesh", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule nothing_dependsOnTheStarter =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.inmesh.spring..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.inmesh.spring..");

  @ArchTest
  static final ArchRule starter_isThin =
      noClasses()
          .that()
          .resideInAPackage("io.inmesh.spring..")
          .and()
          .doNotHaveSimpleName("PlaintextSniffer") // docs/decisions.md, 38
          .and()
          .doNotHaveSimpleName("StrictRequests")
          .and()
          .doNotHaveSimpleName("ServletHead") // that two paths are one is CanonicalPath's to say
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.inmesh.call.engine..",
              "io.inmesh.route..",
              "io.inmesh.balance..",
              "io.inmesh.resilience..",
              "io.inmesh.xds..",
              "io.inmesh.wire..",
              "io.inmesh.http.netty..",
              "io.inmesh.http.exchange..",
              "io.inmesh.http.server..",
              "io.netty..",
              "com.google.protobuf..");
}
