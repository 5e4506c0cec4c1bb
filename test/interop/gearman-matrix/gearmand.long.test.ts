import { testMatrix } from './matrix.ts';
import { GEARMAND } from './servers.ts';

testMatrix(GEARMAND);
