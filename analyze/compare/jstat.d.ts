/** The part of jstat that is used: it comes without types. */
declare module "jstat" {
  interface StudentT {
    /** The probability of a value up to `x`. */
    cdf(x: number, freedom: number): number;
    /** The value up to which the probability is `p`. */
    inv(p: number, freedom: number): number;
  }
  const jstat: { readonly jStat: { readonly studentt: StudentT } };
  export default jstat;
}
