package org.nemotron.examples.published;

import com.google.common.collect.ImmutableList;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Finds public declarations without a comment, in sources as the compiler parses them. */
final class Comments {
  private Comments() {}

  /** Returns {@code file:line name} of each. */
  static ImmutableList<String> missingIn(List<Path> folders) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    ImmutableList.Builder<String> missing = ImmutableList.builder();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, Locale.ROOT, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  null,
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(sources(folders)));
      DocTrees docs = DocTrees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        new Scanner(unit, docs, missing).scan(unit, null);
      }
    }
    return missing.build();
  }

  private static List<Path> sources(List<Path> folders) throws IOException {
    ImmutableList.Builder<Path> found = ImmutableList.builder();
    for (Path folder : folders) {
      try (Stream<Path> files = Files.list(folder)) {
        files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(found::add);
      }
    }
    return found.build();
  }

  /** Walks through public types only: what is inside a hidden one is hidden. */
  private static final class Scanner extends TreePathScanner<Void, Void> {
    private final CompilationUnitTree unit;
    private final DocTrees docs;
    private final ImmutableList.Builder<String> missing;

    Scanner(CompilationUnitTree unit, DocTrees docs, ImmutableList.Builder<String> missing) {
      this.unit = unit;
      this.docs = docs;
      this.missing = missing;
    }

    @Override
    public Void visitClass(ClassTree type, Void unused) {
      if (!isPublic(type.getModifiers())) {
        return null;
      }
      check(type, type.getSimpleName().toString());
      return super.visitClass(type, null);
    }

    @Override
    public Void visitMethod(MethodTree method, Void unused) {
      boolean inherits =
          method.getModifiers().getAnnotations().stream()
              .anyMatch(found -> found.getAnnotationType().toString().equals("Override"));
      boolean ofARecord = inRecord() && method.getReturnType() == null;
      if (isPublic(method.getModifiers()) && !inherits && !ofARecord) {
        check(method, method.getName().toString());
      }
      return null;
    }

    @Override
    public Void visitVariable(VariableTree field, Void unused) {
      if (isPublic(field.getModifiers())) {
        check(field, field.getName().toString());
      }
      return null;
    }

    private void check(Tree tree, String name) {
      if (docs.getDocComment(getCurrentPath()) == null) {
        long start = docs.getSourcePositions().getStartPosition(unit, tree);
        long line = unit.getLineMap().getLineNumber(start);
        missing.add("%s:%d %s".formatted(unit.getSourceFile().getName(), line, name));
      }
    }

    private boolean inRecord() {
      return getCurrentPath().getParentPath().getLeaf().getKind() == Tree.Kind.RECORD;
    }

    private boolean isPublic(ModifiersTree modifiers) {
      Set<Modifier> flags = modifiers.getFlags();
      boolean ofAnInterface =
          getCurrentPath().getParentPath().getLeaf().getKind() == Tree.Kind.INTERFACE
              && !flags.contains(Modifier.PRIVATE);
      return ofAnInterface || flags.contains(Modifier.PUBLIC) || flags.contains(Modifier.PROTECTED);
    }
  }
}
