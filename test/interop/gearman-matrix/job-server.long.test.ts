import { testMatrix } from './matrix.ts';
import { OURS } from './servers.ts';

testMatrix(OURS);
