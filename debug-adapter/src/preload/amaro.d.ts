/** The part of amaro (the type stripper that Node itself carries) used here; the package has no types of its own. */
declare module "amaro" {
  export function transformSync(
    source: string,
    options: {
      readonly mode: "strip-only" | "transform";
      readonly sourceMap?: boolean;
      readonly filename?: string;
    },
  ): { readonly code: string; readonly map?: string };
}
