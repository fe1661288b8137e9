package org.nemotron.nas;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.nemotron.core.testing.ArchitectureRules.classesIn;
import static org.nemotron.core.testing.ArchitectureRules.noDependenciesOn;
import static org.nemotron.core.testing.ArchitectureRules.noNativeTypesInSignaturesOf;
import static org.nemotron.core.testing.ArchitectureRules.noPointerScopesOutside;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.junit.jupiter.api.Test;

/** That a stage knows core and the values of earlier stages, and only the pipeline their order. */
final class DependencyRuleTest {
  private static final JavaClasses CLASSES = classesIn("org.nemotron.nas");

  private static final String NAS = "org.nemotron.nas.";

  /** The stages in the order in which a run passes them. */
  private static final ImmutableList<String> STAGES =
      ImmutableList.of(
          "shard", "estimate", "library", "distill", "score", "cost", "search", "report");

  /**
   * Values that hold tensors, and therefore cannot be records: open to later stages all the same.
   */
  private static final ImmutableSet<String> TENSOR_HOLDERS =
      ImmutableSet.of("org.nemotron.nas.library.BlockLibrary");

  @Test
  void stage_anyClass_knowsNoLaterStage() {
    classes()
        .that()
        .resideOutsideOfPackage(NAS + "pipeline..")
        .should(
            dependOnStages(
                "know no later stage", (origin, target) -> stage(target) <= stage(origin)))
        .check(CLASSES);
  }

  @Test
  void stage_anyClass_knowsOnlyTheValuesOfOthers() {
    classes()
        .that()
        .resideOutsideOfPackage(NAS + "pipeline..")
        .should(
            dependOnStages(
                "know only the values of other stages",
                (origin, target) -> stage(target) == stage(origin) || isValue(target)))
        .check(CLASSES);
  }

  @Test
  void packages_together_haveNoCycles() {
    slices().matching("org.nemotron.nas.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void nas_anyClass_knowsNeitherRuntimeNorExamples() {
    noDependenciesOn("org.nemotron.runtime..", "org.nemotron.examples..").check(CLASSES);
  }

  @Test
  void nas_anyClass_knowsNoPointerScopes() {
    noPointerScopesOutside("org.nemotron.core.tensor..").check(CLASSES);
  }

  @Test
  void search_anyClass_hasNoNativesButTheSolver() {
    noClasses()
        .that()
        .resideInAPackage(NAS + "search..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.bytedeco..",
            "org.nemotron.core.tensor..",
            "org.nemotron.core.nn..",
            "org.nemotron.core.checkpoint..")
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void searchGraph_anyClass_knowsNeitherSolverNorSearch() {
    noClasses()
        .that()
        .resideInAPackage(NAS + "search.graph")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(NAS + "search", NAS + "search.exact")
        .check(CLASSES);
  }

  @Test
  void searchExact_anyClass_knowsOfTheSearchOnlyTheGraph() {
    noClasses()
        .that()
        .resideInAPackage(NAS + "search.exact")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(NAS + "search")
        .check(CLASSES);
  }

  @Test
  void publicSignatures_ofExportedPackages_nameNoNativeTypes() {
    noNativeTypesInSignaturesOf(JavaClass.Predicates.resideOutsideOfPackage("..internal.."))
        .check(CLASSES);
  }

  private interface Permission {
    boolean allows(JavaClass origin, JavaClass target);
  }

  private static ArchCondition<JavaClass> dependOnStages(String law, Permission permission) {
    return new ArchCondition<>(law) {
      @Override
      public void check(JavaClass origin, ConditionEvents events) {
        for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
          JavaClass target = dependency.getTargetClass().getBaseComponentType();
          if (target.getPackageName().startsWith(NAS) && !permission.allows(origin, target)) {
            events.add(SimpleConditionEvent.violated(origin, dependency.getDescription()));
          }
        }
      }
    };
  }

  /** Returns the place of a class's stage in the order; the pipeline stands behind all stages. */
  private static int stage(JavaClass type) {
    String inside = type.getPackageName().substring(NAS.length());
    int place = STAGES.indexOf(inside.replaceFirst("\\..*", ""));
    return place < 0 ? STAGES.size() : place;
  }

  /** Returns whether a type is data: a record, an enum, a closed set of them, or a part of one. */
  private static boolean isValue(JavaClass type) {
    return type.isRecord()
        || type.isEnum()
        || type.reflect().isSealed()
        || Throwable.class.isAssignableFrom(type.reflect())
        || TENSOR_HOLDERS.contains(type.getName())
        || type.getEnclosingClass().filter(DependencyRuleTest::isValue).isPresent();
  }
}
