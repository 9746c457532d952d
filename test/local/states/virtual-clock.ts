export { virtualClock } from '../../../src/local/states/virtual-clock.ts';
