/**
 * What the rewriter puts into a program. Each piece stands at one place of the source; `#` in it becomes the number of
 * the function or suspension point, always of the same length. Nothing of the source is taken away, no line is added.
 *
 * The names are properties of the global object, so that they are there before a module's own code runs: a function
 * of an ES module can be called before the module is evaluated.
 */

/** All names in what is emitted begin with it; a source in which it occurs is not rewritten. */
export const PREFIX = "__as";

/** At the start of a function with suspension points; `argument` names its first parameter, "" for none. */
export const enter = (argument: string): string =>
  `const __asF=__asE(#${argument === "" ? "" : `,${argument}`});`;
export const TRY = "try{";
/** At the end of a function; `returnsCall`: it may end with `return f()`, so that who awaits it awaits that one. */
export const leave = (returnsCall: boolean): string => `}finally{__asX(__asF${returnsCall ? ",1" : ""});}`;
export const arrowBegin = (argument: string): string => `{${enter(argument)}try{return (`;
export const arrowEnd = (returnsCall: boolean): string => `);${leave(returnsCall)}}`;

/**
 * Before `await`. The optional call gives V8 no name for its value: messages such as "(intermediate value).x is not a
 * function" are those of the program.
 */
export const RESUME = "__asR?.(__asF,";
/** Behind `await` of a plain value. */
export const SUSPEND = " __asS(__asF,#,";
/** Behind `await` of an expression in which functions are called: the frame stands there from before the first call. */
export const SUSPEND_CALL = " __asS(__asF,#,(__asF.at=#,";
/** Behind `await` of Promise.all and its like, whose inputs are tasks of their own. */
export const SUSPEND_MANY = " __asM(__asF,#,(__asF.at=#,";
export const INPUTS = "__asA(__asF,";
/** Around a call of `setTimeout`; an optional call as {@link RESUME}. */
export const TIMER = "__asT?.(";
export const RESUME_YIELD = "__asG?.(__asF,";
export const SUSPEND_YIELD = " __asY(__asF,#,";
export const DELEGATE = "__asW(__asF,#,";
export const ITERATE = "__asI(__asF,#,";
/** Ends what `count` of the pieces above opened, one or two. */
export const end = (count: number): string => `/*__as${count}*/${")".repeat(count)}`;
/** The same where the frame goes on in the middle of another await of its own, whose number follows. */
export const END_WITHIN = "/*__as0*/,#)";
/** At the start of what runs after an exception, or after a loop whose suspensions cannot be seen. */
export const GO_ON = "__asC(__asF);";
export const LOOP_BEGIN = "/*__as*/{";
export const LOOP_END = ";__asC(__asF)/*__as*/}";
export const BLOCK_END = "/*__as*/}";
export const MODULE_END = ";__asX(__asF);";

export const usingBegin = (index: number): string => `using __asU${index}=__asU(__asF);const /*__as`;
export const USING_AGAIN = "/*__as*/const /*__as";
export const USING_NAME = "__as*/ ";
export const disposal = (index: number, at: number, name: string): string =>
  `;await using __asD${index}_${at}=__asD(__asF,#,${name})`;
export const USING_NEXT = ";const /*__as";

const NUMBER = "0x[0-9a-f]{8}";
const PIECES = new RegExp(
  [
    `\\{const __asF=__asE\\(${NUMBER}(?:,[^()]*)?\\);try\\{return \\(`,
    `;?const __asF=__asE\\(${NUMBER}(?:,[^()]*)?\\);(?:try\\{)?`,
    "\\);\\}finally\\{__asX\\(__asF(?:,1)?\\);\\}\\}",
    "\\}finally\\{__asX\\(__asF(?:,1)?\\);\\}",
    "__as[RG]\\?\\.\\(__asF,",
    ` __as[SMY]\\(__asF,${NUMBER},?(?:\\(__asF\\.at=${NUMBER},)?`,
    `__as[WI]\\(__asF,${NUMBER},`,
    "__asA\\(__asF,",
    "__asT\\?\\.\\(",
    "/\\*__as1\\*/\\)",
    "/\\*__as2\\*/\\)\\)",
    `/\\*__as0\\*/,${NUMBER}\\)`,
    "/\\*__as\\*/[{}]",
    ";__asC\\(__asF\\)/\\*__as\\*/\\}",
    "__asC\\(__asF\\);",
    "using __asU\\d+=__asU\\(__asF\\);const /\\*__as",
    "__as\\*/ ",
    `;await using __asD\\d+_\\d+=__asD\\(__asF,${NUMBER},[^()]*\\)`,
    "(?:/\\*__as\\*/|;)const /\\*__as",
    ";__asX\\(__asF\\);",
  ].join("|"),
  "g",
);

/** Takes all that was emitted out of a piece of code again. */
export function withoutEmitted(code: string): string {
  return code.replace(PIECES, "");
}
