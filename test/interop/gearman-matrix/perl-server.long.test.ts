import { testMatrix } from './matrix.ts';
import { PERL } from './servers.ts';

testMatrix(PERL);
