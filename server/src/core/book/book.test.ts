import { describeBook } from "./book.contract.ts";
import { FastBook } from "./fast-book.ts";
import { NaiveBook } from "./naive-book.ts";

describeBook("naive book", (pool) => new NaiveBook(pool));
describeBook("fast book", (pool) => new FastBook(pool));
